import { openApiDocument, undescribedRoutes } from "../src/chassis/api/openapi";
import { createTestApp } from "./support/app";

describe("the description of this service", () => {
  const { router } = createTestApp().app;

  it("contradicts itself nowhere, and OpenAPI can say it", () => {
    expect(() => openApiDocument(router, { title: "test", version: "1.2.3" })).not.toThrow();
  });

  // No error: whoever wants one writes so here.
  for (const route of undescribedRoutes(router)) it.todo(`tells of ${route}`);
});
