import { Router } from "express";
import { openApiDocument, undescribedRoutes } from "../../src/api/openapi";
import { undocumented } from "../../src/pages/undocumented";
import { createTestApp } from "../../src/testing/app";

describe("undocumented", () => {
  it("leaves pages out of the API's document, and only these", () => {
    const pages = Router().get("/", (_req, res) => void res.end());
    const { router } = createTestApp((to) => {
      to.use("/pages", undocumented, pages);
      to.get("/other", (_req, res) => void res.end());
    }).app;
    expect(undescribedRoutes(router)).toEqual(["GET /other"]);
    const { paths } = openApiDocument(router, { title: "test", version: "1.2.3" });
    expect(Object.keys(paths ?? {})).not.toContain("/pages");
  });
});
