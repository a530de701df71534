import express, { type RequestHandler, Router } from "express";
import request from "supertest";
import * as v from "valibot";
import { describeRoute } from "../../src/api/describe-route";
import { requireToken } from "../../src/api/require-token";
import { rateLimit } from "../../src/http/rate-limit";
import { eventStream } from "../../src/schema/event-stream";
import { openApiDocument, undescribedRoutes } from "../../src/api/openapi";
import { describes, type RouteDescription } from "../../src/schema/description";
import { arrayOf, id, object, text } from "../../src/schema/fields";
import { file } from "../../src/schema/file";
import { queryInteger } from "../../src/schema/query-fields";
import { createTestApp } from "../../src/testing/app";

const info = { title: "ships", version: "1.2.3" };
const handler: RequestHandler = (_req, res) => void res.end();
const described = (description: Partial<RouteDescription>) =>
  describeRoute({
    summary: "Does it.",
    responses: { 200: v.any() },
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
        responses: { 200: v.array(ship) },
      }),
      handler,
    )
    .put(
      "/:id/berths/:nr",
      described({
        params: object({ id }),
        body: ship,
        responses: { 200: ship, 204: null },
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

  it("has each described route under its full path", () => {
    const methods = Object.entries(document.paths).map(([path, of]) => [path, Object.keys(of)]);
    expect(methods).toEqual([
      ["/", ["get"]],
      ["/fleet/ships", ["get"]],
      ["/fleet/ships/{id}/berths/{nr}", ["put"]],
    ]);
  });

  it("has the parameters of path and query", () => {
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

  it("has a unique id for each operation", () => {
    const router = Router();
    for (const path of ["/a/:b", "/a/by-b", "/a/by_b"]) router.get(path, described({}), handler);
    const { paths } = openApiDocument(router, info);
    const ids = Object.values(paths).map(({ get }) => (get as { operationId: string }).operationId);
    expect(ids).toEqual(["getAByB", "getAByB2", "getAByB3"]);
  });

  it("has the schemas of bodies and responses, titled ones in the components", () => {
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

  it("has the problems, including those of the validation", () => {
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

  it("has an example of the errors of a validation, but not of a problem of the route", () => {
    const router = Router()
      .post("/ships", described({ body: ship }), handler)
      .put("/ships", described({ body: ship, problems: { 422: "It is at sea." } }), handler);
    const { paths } = openApiDocument(express().use(router).router, info);
    const examples = Object.values(paths["/ships"] ?? {}).map((operation) => {
      const { responses } = operation as {
        responses: Record<string, { content: Record<string, { example: object }> }>;
      };
      return responses[422]?.content["application/problem+json"]?.example;
    });
    expect(examples).toEqual([
      expect.objectContaining({
        status: 422,
        errors: [{ pointer: "/name", detail: "is required" }],
      }),
      expect.not.objectContaining({ errors: expect.anything() as unknown }),
    ]);
  });

  it("has the media type of responses that are not JSON", () => {
    const router = Router().get(
      "/ships",
      described({
        responses: { 200: { mediaType: "text/csv" }, 201: { mediaType: "image/png" } },
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

  it("has no parameters for an empty query, and the description of a query as a whole", () => {
    const query = v.pipe(object({}), v.description("Nothing may be asked."));
    const router = Router().get("/a", described({ description: "Reads.", query }), handler);
    expect(openApiDocument(router, info).paths["/a"]?.get).toMatchObject({
      description: "Reads.\n\nNothing may be asked.",
    });
    expect(openApiDocument(router, info).paths["/a"]?.get).not.toHaveProperty("parameters");
  });

  it("has the additional members of a problem", () => {
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

  it("leaves out hidden routes, and those after hidden middleware, also from undescribedRoutes", () => {
    const hide = describes((_req, _res, next) => next(), { isHidden: true });
    const router = Router()
      .get("/seen", described({}), handler)
      .get("/hidden", hide, handler)
      .use("/inner", hide, Router().get("/", described({}), handler).get("/plain", handler));
    expect(Object.keys(openApiDocument(router, info).paths)).toEqual(["/seen"]);
    expect(undescribedRoutes(router)).toEqual([]);
  });

  it("leaves out routes without a description, which undescribedRoutes lists", () => {
    expect(undescribedRoutes(app.router)).toEqual([
      "GET /fleet/ships/plain",
      "ALL /any",
      "GET a pattern",
      "GET a pattern",
    ]);
  });

  it("is the same after requests", async () => {
    const { app } = createTestApp((router) => void router.use("/fleet/ships", ships));
    await request(app).get("/fleet/ships?name=a");
    expect(openApiDocument(app.router, info).paths).toHaveProperty(["/fleet/ships"]);
  });
});

describe("a description of middleware", () => {
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
        ["a router that calls next()", (router) => void router.use(Router().use(token()))],
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
      "before a parameter of a router after it",
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
  ])("applies to the routes after it: %s", (_name, define, expected) => {
    expect(securityOf(define)).toEqual(expected);
  });
});

describe("a description that contradicts itself", () => {
  it.each<[string, (router: Router) => void, string]>([
    [
      "two of them",
      (router) => void router.get("/a", described({}), described({}), handler),
      "GET /a: It has two descriptions: keep one describeRoute().",
    ],
    [
      "two routes of one path",
      (router) => void router.get("/a", described({}), handler).get("/a", described({}), handler),
      "GET /a: Another route with this method and path is described: describe only one of them.",
    ],
    [
      "two names for a parameter",
      (router) =>
        void router.get("/a/:id", described({}), handler).put("/a/:nr", described({}), handler),
      "PUT /a/:nr: The same path is described as /a/{id}: use the same parameter names.",
    ],
    [
      "a body for a status without one",
      (router) => void router.get("/a", described({ responses: { 204: ship } }), handler),
      "GET /a: A 204 has no body: describe it by null.",
    ],
    [
      "an invalid status",
      (router) => void router.get("/a", described({ responses: { 20: ship } }), handler),
      "GET /a: 20 is not a response status.",
    ],
    [
      "a problem with a success status",
      (router) => void router.get("/a", described({ problems: { 200: "Always." } }), handler),
      "GET /a: 200 is not an error status.",
    ],
    [
      "a status that is both a response and a problem",
      (router) =>
        void router.get(
          "/a",
          described({ responses: { 409: ship }, problems: { 409: "At sea." } }),
          handler,
        ),
      "GET /a: Status 409 is both in responses and in problems.",
    ],
    [
      "a response with a status of the validation's problems",
      (router) =>
        void router.get(
          "/:id",
          described({ params: object({ id }), responses: { 200: ship, 404: ship } }),
          handler,
        ),
      "GET /:id: Status 404 is already a problem of the request's validation.",
    ],
    [
      "a rule of a query as a whole",
      (router) =>
        void router.get(
          "/a",
          described({ query: v.pipe(object({ a: v.optional(id) }), v.minEntries(1)) }),
          handler,
        ),
      "GET /a: Its query has the rule minProperties, which OpenAPI supports only in bodies.",
    ],
    [
      "a method that OpenAPI does not support",
      (router) => void router.propfind("/a", described({}), handler),
      "PROPFIND /a: OpenAPI does not support this method.",
    ],
    [
      "a parameter whose name has a space",
      (router) => void router.get('/:"a b"', described({}), handler),
      'GET /:"a b": Only a path of plain segments and :parameters can be described.',
    ],
    [
      "a body of a GET",
      (router) => void router.get("/a", described({ body: ship }), handler),
      "GET /a: It cannot have a body.",
    ],
    [
      "a parameter that is not in the path",
      (router) => void router.get("/:nr", described({ params: object({ id }) }), handler),
      "GET /:nr: It describes the parameter id, which is not in its path.",
    ],
    [
      "a query that is not an object",
      (router) => void router.get("/a", described({ query: v.string() }), handler),
      "GET /a: Its query must be an object of fields.",
    ],
    [
      "a rule that JSON Schema does not support",
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
      "two schemas with one title",
      (router) =>
        void router.post(
          "/a",
          described({ body: ship, responses: { 200: titled(object({ id })) } }),
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
  ])("is reported with its route: %s", (_name, define, message) => {
    const router = Router();
    define(router);
    expect(() => openApiDocument(router, info)).toThrow(message);
  });
});

describe("a form in the OpenAPI document", () => {
  const bodyOf = (form: v.GenericSchema) => {
    const app = express().post("/ships", described({ form }), handler);
    const { paths } = openApiDocument(app.router, info);
    return paths["/ships"]?.post as { requestBody: object; responses: object };
  };

  it("has its files as binary, with their types", () => {
    const form = object({
      title: text(1, 10),
      image: file({ maxBytes: 500, types: ["image/png", "image/jpeg"] }),
      more: v.optional(arrayOf(file({ maxBytes: 500 }), 0, 3)),
    });
    const { requestBody, responses } = bodyOf(form);
    const binary = { type: "string", format: "binary", maxLength: 500 };
    expect(requestBody).toMatchObject({
      required: true,
      content: {
        "multipart/form-data": {
          schema: {
            required: ["title", "image"],
            properties: { image: binary, more: { type: "array", items: binary, maxItems: 3 } },
          },
          encoding: { image: { contentType: "image/png, image/jpeg" } },
        },
      },
    });
    expect(Object.keys(responses)).toEqual(["200", "400", "413", "415", "422", "default"]);
  });

  it("may be sent in two ways if it has no files", () => {
    const { requestBody } = bodyOf(object({ title: text(1, 10) }));
    expect(Object.keys((requestBody as { content: object }).content)).toEqual([
      "application/x-www-form-urlencoded",
      "multipart/form-data",
    ]);
  });

  it("cannot be beside a JSON body", () => {
    const app = express().post("/ships", described({ form: ship, body: ship }), handler);
    expect(() => openApiDocument(app.router, info)).toThrow("both a JSON body and a form");
  });
});

describe("a response in the OpenAPI document", () => {
  const operationOf = (description: Partial<RouteDescription>, ...before: RequestHandler[]) => {
    const app = express().post("/ships", ...before, described(description), handler);
    return openApiDocument(app.router, info).paths["/ships"]?.post as {
      parameters?: object[];
      requestBody?: object;
      responses: Record<string, { description: string; headers?: object; content: object }>;
    };
  };

  it("has headers, several bodies and examples", () => {
    const location = v.pipe(text(1, 80), v.description("Where it is."));
    const named = object({ name: text(1, 10) });
    const { responses } = operationOf({
      responses: {
        200: [named, { mediaType: "text/csv" }],
        201: {
          body: named,
          when: "It has been built.",
          headers: { Location: location, ETag: "Its version.", Link: v.optional(text(1, 80)) },
          examples: { "A ship": { name: "Ann" } },
        },
      },
    });
    expect(Object.keys(responses["200"]?.content ?? {})).toEqual(["application/json", "text/csv"]);
    expect(responses["201"]).toMatchObject({
      description: "It has been built.",
      headers: {
        Location: {
          description: "Where it is.",
          required: true,
          schema: { type: "string", minLength: 1, maxLength: 80 },
        },
        ETag: { description: "Its version.", schema: { type: "string" } },
        Link: { required: false },
      },
      content: { "application/json": { examples: { "A ship": { value: { name: "Ann" } } } } },
    });
  });

  it("has the schema of a stream's events", () => {
    const stream = eventStream({ built: ship, sunk: object({ id }) });
    expect(operationOf({ responses: { 200: stream } }).responses["200"]?.content).toMatchObject({
      "text/event-stream": {
        schema: {
          anyOf: [
            {
              properties: {
                event: { const: "built" },
                data: { $ref: "#/components/schemas/Ship" },
                id: { type: "string" },
              },
              required: ["event", "data"],
            },
            { properties: { event: { const: "sunk" } } },
          ],
        },
      },
    });
  });

  it("has an example of the body, which must match", () => {
    const body = object({ name: text(1, 10) });
    expect(operationOf({ body, examples: { Ann: { name: "Ann" } } }).requestBody).toMatchObject({
      content: { "application/json": { examples: { Ann: { value: { name: "Ann" } } } } },
    });
    expect(() => operationOf({ body, examples: { Ann: { name: "" } } })).toThrow(
      'POST /ships: The example "Ann" does not match its schema.',
    );
  });

  it("is of a route that is deprecated", () => {
    expect(operationOf({ isDeprecated: true })).toMatchObject({ deprecated: true });
    expect(operationOf({})).not.toHaveProperty("deprecated");
    expect(operationOf({ deprecation: { since: "2026-11-01" } })).toMatchObject({
      deprecated: true,
      responses: {
        200: { headers: { Deprecation: { description: expect.any(String) as string } } },
      },
    });
  });

  it("has what a rate limit adds", () => {
    const { responses } = operationOf({}, rateLimit({ perMinute: 5, name: "ships" }));
    expect(responses["429"]).toMatchObject({
      description: "The client has sent more than 5 requests in a minute.",
      headers: { "Retry-After": {}, RateLimit: {}, "RateLimit-Policy": {} },
    });
    expect(Object.keys(responses["200"]?.headers ?? {})).toEqual(["RateLimit", "RateLimit-Policy"]);
  });

  it("has what a required token adds", () => {
    const verifier = { audience: "ships", verify: () => Promise.resolve({ sub: "ada" }) };
    const { responses } = operationOf({}, requireToken(verifier, { scope: "sail" }));
    for (const status of ["401", "403"])
      expect(responses[status]?.headers).toHaveProperty("WWW-Authenticate");
  });

  it("has what idempotency keys add", () => {
    const { parameters, responses } = operationOf({ isIdempotent: true, body: ship });
    expect(parameters).toMatchObject([{ name: "Idempotency-Key", in: "header", required: false }]);
    expect(responses["200"]?.headers).toHaveProperty("Idempotent-Replayed");
    expect(responses["409"]?.headers).toHaveProperty("Retry-After");
    expect(responses["422"]?.description).toBe(
      "Some fields are not valid; `errors` lists them. The `Idempotency-Key` came with another request.",
    );
    expect(Object.keys(operationOf({ isIdempotent: true }).responses)).toEqual([
      "200",
      "400",
      "409",
      "422",
      "default",
    ]);
  });
});
