import express, { type RequestHandler, Router } from "express";
import request from "supertest";
import * as v from "valibot";
import { describeRoute } from "../../src/api/describe-route";
import { openApiDocument, undescribedRoutes } from "../../src/api/openapi";
import { describes, type RouteDescription } from "../../src/http/description";
import { id, object, text } from "../../src/http/fields";
import { queryInteger } from "../../src/http/query-fields";
import { createTestApp } from "../../src/testing/app";

const info = { title: "ships", version: "1.2.3" };
const handler: RequestHandler = (_req, res) => void res.end();
const described = (description: Partial<RouteDescription>) =>
  describeRoute({
    summary: "Does it.",
    answers: { 200: v.any() },
    ...description,
  }) as RequestHandler;
const ship = v.pipe(object({ id, name: text(1, 10) }), v.title("Ship"));
const titled = (schema: v.GenericSchema) => v.pipe(schema, v.title("Ship"));

describe("the OpenAPI document", () => {
  const ships = Router()
    .get(
      "/",
      described({
        query: object({ limit: v.optional(queryInteger(1, 9), "5"), name: text(1, 10) }),
        answers: { 200: v.array(ship) },
      }),
      handler,
    )
    .put(
      "/:id/berths/:nr",
      described({
        params: object({ id }),
        body: ship,
        answers: { 200: ship, 204: null },
        problems: { 409: "It is at sea." },
      }),
      handler,
    )
    .get("/plain", handler);
  const app = express()
    .get("/", described({}), handler)
    .use("/fleet/ships", ships)
    .all("/any", handler)
    .get(/x/, handler)
    .use(/y/, Router().get("/", handler));
  const document = openApiDocument(app.router, info);

  it("has each described route under the whole of its path", () => {
    const methods = Object.entries(document.paths).map(([path, of]) => [path, Object.keys(of)]);
    expect(methods).toEqual([
      ["/", ["get"]],
      ["/fleet/ships", ["get"]],
      ["/fleet/ships/{id}/berths/{nr}", ["put"]],
    ]);
  });

  it("says what the path and the query have", () => {
    expect(document.paths["/fleet/ships"]?.get).toMatchObject({
      operationId: "getFleetShips",
      parameters: [
        {
          name: "limit",
          in: "query",
          required: false,
          schema: { type: "integer", minimum: 1, maximum: 9, default: 5 },
        },
        {
          name: "name",
          in: "query",
          required: true,
          schema: { type: "string", minLength: 1, maxLength: 10 },
        },
      ],
    });
    expect(document.paths["/fleet/ships/{id}/berths/{nr}"]?.put).toMatchObject({
      operationId: "putFleetShipsByIdBerthsByNr",
      parameters: [
        { name: "id", in: "path", required: true, schema: { format: "int64" } },
        { name: "nr", in: "path", required: true, schema: { type: "string" } },
      ],
    });
  });

  it("has a name of its own for each operation", () => {
    const router = Router();
    for (const path of ["/a/:b", "/a/by-b", "/a/by_b"]) router.get(path, described({}), handler);
    const { paths } = openApiDocument(router, info);
    const ids = Object.values(paths).map(({ get }) => (get as { operationId: string }).operationId);
    expect(ids).toEqual(["getAByB", "getAByB2", "getAByB3"]);
  });

  it("says what is sent and answered, titled schemas in one place", () => {
    const ref = { $ref: "#/components/schemas/Ship" };
    const json = (schema: object) => ({ "application/json": { schema } });
    expect(document.paths["/fleet/ships"]?.get).toMatchObject({
      responses: { 200: { content: json({ type: "array", items: ref }) } },
    });
    expect(document.paths["/fleet/ships/{id}/berths/{nr}"]?.put).toMatchObject({
      requestBody: { required: true, content: json(ref) },
      responses: {
        200: { description: "OK", content: json(ref) },
        204: { description: "No Content" },
      },
    });
    expect(document.components.schemas.Ship).toMatchObject({
      title: "Ship",
      additionalProperties: false,
    });
  });

  it("says with which problems, the checks' own included", () => {
    const { responses } = document.paths["/fleet/ships/{id}/berths/{nr}"]?.put as {
      responses: object;
    };
    expect(Object.keys(responses)).toEqual([
      "200",
      "204",
      "400",
      "404",
      "409",
      "413",
      "415",
      "422",
      "default",
    ]);
    expect(responses).toMatchObject({
      409: {
        description: "It is at sea.",
        content: {
          "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
        },
      },
    });
  });

  it("says what is not JSON by its media type", () => {
    const router = Router().get(
      "/ships",
      described({
        answers: { 200: { mediaType: "text/csv" }, 201: { mediaType: "image/png" } },
      }),
      handler,
    );
    expect(openApiDocument(router, info).paths["/ships"]?.get).toMatchObject({
      responses: {
        200: { description: "OK", content: { "text/csv": { schema: { type: "string" } } } },
        201: { description: "Created", content: { "image/png": {} } },
      },
    });
  });

  it("has a route at each path of a list", () => {
    const router = Router().use(["/a", "/b"], Router().get(["/c", "/d"], described({}), handler));
    expect(Object.keys(openApiDocument(router, info).paths)).toEqual([
      "/a/c",
      "/a/d",
      "/b/c",
      "/b/d",
    ]);
  });

  it("has no parameters where none may come, and the words of a query as a whole", () => {
    const query = v.pipe(object({}), v.description("Nothing may be asked."));
    const router = Router().get("/a", described({ description: "Reads.", query }), handler);
    expect(openApiDocument(router, info).paths["/a"]?.get).toMatchObject({
      description: "Reads.\n\nNothing may be asked.",
    });
    expect(openApiDocument(router, info).paths["/a"]?.get).not.toHaveProperty("parameters");
  });

  it("says what a problem has besides", () => {
    const problems = { 409: { when: "It is at sea.", members: { until: v.string() } } };
    const router = Router().get("/ships", described({ problems }), handler);
    const until = {
      type: "object",
      properties: { until: { type: "string" } },
      required: ["until"],
    };
    const schema = { allOf: [{ $ref: "#/components/schemas/Problem" }, until] };
    expect(openApiDocument(router, info).paths["/ships"]?.get).toMatchObject({
      responses: {
        409: { description: "It is at sea.", content: { "application/problem+json": { schema } } },
      },
    });
  });

  it("has a route under its tag, or its path's first segment", () => {
    const router = Router()
      .get("/ships/:nr", described({}), handler)
      .get("/v1/ships", described({ tag: "ships" }), handler);
    const { paths } = openApiDocument(router, info);
    expect([paths["/ships/{nr}"]?.get, paths["/v1/ships"]?.get]).toMatchObject([
      { tags: ["ships"] },
      { tags: ["ships"] },
    ]);
  });

  it("leaves out what is hidden, and what is behind that, and nobody names it", () => {
    const hide = describes((_req, _res, next) => next(), { isHidden: true });
    const router = Router()
      .get("/seen", described({}), handler)
      .get("/hidden", hide, handler)
      .use("/inner", hide, Router().get("/", described({}), handler).get("/plain", handler));
    expect(Object.keys(openApiDocument(router, info).paths)).toEqual(["/seen"]);
    expect(undescribedRoutes(router)).toEqual([]);
  });

  it("leaves out what is not described, and names it", () => {
    expect(undescribedRoutes(app.router)).toEqual([
      "GET /fleet/ships/plain",
      "ALL /any",
      "GET a pattern",
      "GET a pattern",
    ]);
  });

  it("is the same after requests have come", async () => {
    const { app } = createTestApp((router) => void router.use("/fleet/ships", ships));
    await request(app).get("/fleet/ships?name=a");
    expect(openApiDocument(app.router, info).paths).toHaveProperty(["/fleet/ships"]);
  });
});

describe("middleware that describes", () => {
  const token = (...scopes: string[]) =>
    describes((_req, _res, next) => next(), {
      security: { name: "bearer", scheme: { type: "http", scheme: "bearer" }, scopes },
    });
  const securityOf = (define: (router: Router) => void) => {
    const router = Router();
    define(router);
    const { paths, components } = openApiDocument(express().use(router).router, info);
    return [
      (paths["/a"]?.get as { security?: object }).security,
      Object.keys(components.securitySchemes ?? {}),
    ];
  };

  it.each<[string, (router: Router) => void, unknown]>([
    [
      "in the route",
      (router) => void router.get("/a", token("read"), described({}), handler),
      [[{ bearer: ["read"] }], ["bearer"]],
    ],
    [
      "twice",
      (router) => void router.use(token("read")).get("/a", token("write"), described({}), handler),
      [[{ bearer: ["read", "write"] }], ["bearer"]],
    ],
    [
      "before all routes",
      (router) => void router.use(token()).get("/a", described({}), handler),
      [[{ bearer: [] }], ["bearer"]],
    ],
    [
      "before these paths",
      (router) => void router.use("/a", token(), Router().get("/", described({}), handler)),
      [[{ bearer: [] }], ["bearer"]],
    ],
    [
      "before other paths",
      (router) => void router.use("/ab", token()).get("/a", described({}), handler),
      [[], []],
    ],
    ...(
      [
        ["one of these paths", (router) => void router.use(["/b", "/a"], token())],
        ["this path with a slash", (router) => void router.use("/a/", token())],
        ["this path in capitals", (router) => void router.use("/A", token())],
        ["a wildcard", (router) => void router.use("/{*rest}", token())],
        ["a regular expression", (router) => void router.use(/^\/a/, token())],
        ["all methods of this path", (router) => void router.all("/a", token())],
        ["an earlier route of this path", (router) => void router.get("/a", token())],
        ["a router that requests go on from", (router) => void router.use(Router().use(token()))],
      ] as [string, (router: Router) => void][]
    ).map(
      ([name, define]) =>
        [
          name,
          (router: Router) => {
            define(router);
            router.get("/a", described({}), handler);
          },
          [[{ bearer: [] }], ["bearer"]],
        ] as [string, (router: Router) => void, unknown],
    ),
    [
      "before all methods of a route",
      (router) => void router.route("/a").all(token()).get(described({}), handler).put(handler),
      [[{ bearer: [] }], ["bearer"]],
    ],
    [
      "of a parameter that a router behind it has",
      (router) => {
        router.use("/:id/b", token());
        router.use("/:id", Router().get("/b", described({}), handler));
        router.get("/a", described({}), handler);
      },
      [[], ["bearer"]],
    ],
    [
      "for another method",
      (router) => void router.post("/a", token(), handler).get("/a", described({}), handler),
      [[], []],
    ],
    ["after it", (router) => void router.get("/a", described({}), handler).use(token()), [[], []]],
  ])("counts for the routes behind it: %s", (_name, define, expected) => {
    expect(securityOf(define)).toEqual(expected);
  });
});

describe("a description that contradicts itself", () => {
  it.each<[string, (router: Router) => void, string]>([
    [
      "two of them",
      (router) => void router.get("/a", described({}), described({}), handler),
      "GET /a: It is described twice.",
    ],
    [
      "two routes of one path",
      (router) => void router.get("/a", described({}), handler).get("/a", described({}), handler),
      "GET /a: It is described twice.",
    ],
    [
      "two names for a parameter",
      (router) =>
        void router.get("/a/:id", described({}), handler).put("/a/:nr", described({}), handler),
      "PUT /a/:nr: Its path is /a/{id}: give the parameters one name.",
    ],
    [
      "a body where no status has one",
      (router) => void router.get("/a", described({ answers: { 204: ship } }), handler),
      "GET /a: A 204 has no body: describe it by null.",
    ],
    [
      "a status that is none",
      (router) => void router.get("/a", described({ answers: { 20: ship } }), handler),
      "GET /a: 20 is no answer's status.",
    ],
    [
      "a problem that is none",
      (router) => void router.get("/a", described({ problems: { 200: "Always." } }), handler),
      "GET /a: 200 is no problem's status.",
    ],
    [
      "an answer that is a problem, too",
      (router) =>
        void router.get(
          "/a",
          described({ answers: { 409: ship }, problems: { 409: "At sea." } }),
          handler,
        ),
      "GET /a: Its 409 is both an answer and a problem.",
    ],
    [
      "an answer that its checks give as a problem",
      (router) =>
        void router.get(
          "/:id",
          described({ params: object({ id }), answers: { 200: ship, 404: ship } }),
          handler,
        ),
      "GET /:id: Its 404 is a problem already, by its checks.",
    ],
    [
      "a rule of a query as a whole",
      (router) =>
        void router.get(
          "/a",
          described({ query: v.pipe(object({ a: v.optional(id) }), v.minEntries(1)) }),
          handler,
        ),
      "GET /a: Its query has the rule minProperties, which OpenAPI can only say of a body.",
    ],
    [
      "a method that OpenAPI has not",
      (router) => void router.propfind("/a", described({}), handler),
      "PROPFIND /a: OpenAPI has no such method.",
    ],
    [
      "a parameter whose name is no word",
      (router) => void router.get('/:"a b"', described({}), handler),
      'GET /:"a b": Only a path of plain segments and :parameters can be described.',
    ],
    [
      "a body where there is none",
      (router) => void router.get("/a", described({ body: ship }), handler),
      "GET /a: It cannot have a body.",
    ],
    [
      "a parameter that the path has not",
      (router) => void router.get("/:nr", described({ params: object({ id }) }), handler),
      "GET /:nr: It describes the parameter id, which its path has not.",
    ],
    [
      "a query that is no object",
      (router) => void router.get("/a", described({ query: v.string() }), handler),
      "GET /a: Its query must be an object of fields.",
    ],
    [
      "a rule that JSON Schema has not",
      (router) =>
        void router.post(
          "/a",
          described({
            body: object({
              a: v.pipe(
                v.string(),
                v.check((a) => a !== "b"),
              ),
            }),
          }),
          handler,
        ),
      'POST /a: A "check" would be lost in JSON Schema',
    ],
    [
      "two schemas of one title",
      (router) =>
        void router.post(
          "/a",
          described({ body: ship, answers: { 200: titled(object({ id })) } }),
          handler,
        ),
      "POST /a: Two schemas have the title Ship: give each a name of its own.",
    ],
    [
      "all methods",
      (router) => void router.all("/a", described({}), handler),
      "ALL /a: A route for all methods cannot be described.",
    ],
    [
      "a wildcard",
      (router) => void router.get("/*rest", described({}), handler),
      "GET /*rest: Only a path of plain segments and :parameters can be described.",
    ],
  ])("is told by its route: %s", (_name, define, message) => {
    const router = Router();
    define(router);
    expect(() => openApiDocument(router, info)).toThrow(message);
  });
});
