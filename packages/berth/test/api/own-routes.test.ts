// Berth's own routes respond as the document says.
import request from "supertest";
import Ajv from "ajv/dist/2020";
import { apiDocs } from "../../src/api/docs";
import { openApiDocument, undescribedRoutes } from "../../src/api/openapi";
import { about } from "../../src/http/service-routes";
import { createTestApp, type TestAppOptions } from "../../src/testing/app";

const info = { title: "ships", version: "1.2.3" };
const broken = () => Promise.reject(new Error("away"));
const ended = AbortSignal.abort("SIGTERM");

const createApp = (options: Partial<TestAppOptions> = {}) =>
  createTestApp(
    (router) => void router.use(apiDocs(info)).get("/", about({ name: "ships", version: "1" })),
    options,
  ).app;

describe("Berth's own routes", () => {
  it("are described, except the documentation itself", () => {
    const { router } = createApp();
    expect(Object.keys(openApiDocument(router, info).paths)).toEqual(["/livez", "/readyz", "/"]);
    expect(undescribedRoutes(router)).toEqual([]);
  });

  it.each<[string, string, number, Partial<TestAppOptions>]>([
    ["/", "always", 200, {}],
    ["/livez", "always", 200, {}],
    [
      "/readyz",
      "when required checks pass",
      200,
      { attached: { a: { check: broken, isRequired: false } } },
    ],
    [
      "/readyz",
      "when a required check fails",
      503,
      { attached: { a: { check: broken, isRequired: true } } },
    ],
    ["/readyz", "while draining", 503, { draining: ended }],
  ])("respond to GET %s as described, %s", async (path, _when, status, options) => {
    const app = createApp(options);
    const document = openApiDocument(app.router, info);
    const res = await request(app).get(path);
    expect(res.status).toBe(status);
    const { responses } = document.paths[path]?.get as {
      responses: Record<number, { content: Record<string, { schema: object }> }>;
    };
    const schema = responses[status]?.content[res.type]?.schema;
    const validate = new Ajv({ strict: false }).compile({
      ...strict(schema),
      components: document.components,
    });
    validate(JSON.parse(res.text));
    expect(validate.errors).toBeNull();
  });
});

/** Rejects members that the schema does not describe. */
const strict = (schema: object | undefined) => ({ ...schema, unevaluatedProperties: false });
