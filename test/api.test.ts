import request from "supertest";
import { openApiDocument, undescribedRoutes } from "berth/api";
import { createTestApp } from "./support/app";

describe("the description of this service", () => {
  const { router } = createTestApp().app;

  it("has no contradictions, and can be expressed in OpenAPI", () => {
    expect(() => openApiDocument(router, { title: "test", version: "1.2.3" })).not.toThrow();
  });

  it("is not shown where API_DOCS is false", async () => {
    const { app } = createTestApp({ API_DOCS: "false" });
    for (const path of ["/openapi.json", "/docs", "/docs/page.js"]) {
      expect((await request(app).get(path)).status).toBe(404);
    }
  });

  // A todo, not an error: to require descriptions, expect this list to be empty.
  for (const route of undescribedRoutes(router)) it.todo(`describes ${route}`);
});
