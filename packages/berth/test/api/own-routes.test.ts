// Berth's own routes answer as the document says.
import request from "supertest";
import Ajv from "ajv/dist/2020";
import { openApiDocument, undescribedRoutes } from "../../src/api/openapi";
import { apiDocs } from "../../src/api/docs";
import { about } from "../../src/http/about";
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
  it("are described, but for the documentation", () => {
    const { router } = createApp();
    expect(Object.keys(openApiDocument(router, info).paths)).toEqual(["/livez", "/readyz", "/"]);
    expect(undescribedRoutes(router)).toEqual([]);
  });

  it.each<[string, string, number, Partial<TestAppOptions>]>([
    ["/", "at all times", 200, {}],
    ["/livez", "at all times", 200, {}],
    ["/readyz", "when all is well", 200, { attached: { a: { check: broken, isRequired: false } } }],
    [
      "/readyz",
      "when something is away",
      503,
      { attached: { a: { check: broken, isRequired: true } } },
    ],
    ["/readyz", "when it ends", 503, { draining: ended }],
  ])("answer GET %s as they say, %s", async (path, _when, status, options) => {
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

/** What is not described shall be noticed, too. */
const strict = (schema: object | undefined) => ({ ...schema, unevaluatedProperties: false });
