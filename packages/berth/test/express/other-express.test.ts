import { once } from "node:events";
import { type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type * as expressModule from "express";
import type { Router } from "express";
import type * as httpServer from "../../src/http/app-service";
import type * as supportApp from "../../src/testing/app";
import type { LogLine } from "../../src/testing/app";
import {
  withBigInts,
  withExpress,
  withOpaqueRouter,
  withoutHandle,
  withRouter,
  withStrongTags,
} from "../support/other-express";

const WRITE = "responses in one write";
const TAGS = "fast entity tags";
const TARGETS = "absolute request targets";
const LITERALS = "fast path matching";
const ALLOW = "405 with Allow";
const NAMES = "route patterns in the log";
const ERRORS = "500 for a thrown undefined";
const APPS = "apps mounted in routers";

/** What replaces Express or its router, and which patches are missing then. */
const others: [string, () => void, string[]][] = [
  ["the installed one", () => undefined, []],
  ["one with router 2.2", withRouter("router-2.2"), [LITERALS, ALLOW, NAMES]],
  ["one without layers", withOpaqueRouter({}), [LITERALS, ALLOW, NAMES, ERRORS, APPS]],
  [
    "one with other layers",
    withOpaqueRouter({ stack: [{}] }),
    [LITERALS, ALLOW, NAMES, ERRORS, APPS],
  ],
  [
    "one with another list of routes",
    withOpaqueRouter({ listRoutes: () => ["GET /"] }),
    [LITERALS, ALLOW, NAMES, ERRORS, APPS],
  ],
  [
    "one without a handle",
    withExpress(withoutHandle),
    [TARGETS, LITERALS, ALLOW, NAMES, ERRORS, APPS],
  ],
  ["one whose JSON is another's", withExpress(withBigInts), []],
  ["one with other tags", withExpress(withStrongTags), [WRITE, TAGS]],
];

// eslint-disable-next-line @typescript-eslint/no-require-imports -- loads the modules again, with the replacement
const load = <T>(path: string): T => require(path) as T;

describe.each(others)("an Express that is %s", (_name, replace, missing) => {
  let log: LogLine[];
  let server: Server;
  const has = (patch: string): boolean => !missing.includes(patch);

  beforeAll(async () => {
    jest.isolateModules(() => {
      replace();
      const { createTestApp } = load<typeof supportApp>("../../src/testing/app");
      const { createHttpServer } = load<typeof httpServer>("../../src/http/app-service");
      const { Router: createRouter } = load<typeof expressModule>("express");
      const define = (router: Router): void => defineRoutes(router, createRouter());
      const { app, log: firstLog } = createTestApp(define);
      // The second app of a process causes no further warning.
      const { log: secondLog } = createTestApp(define);
      log = [...firstLog, ...secondLog];
      server = createHttpServer(app, { requestTimeoutMs: 10_000, keepAliveTimeoutMs: 10_000 });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  afterAll(() => {
    jest.dontMock("router").dontMock("express");
    server.close();
  });

  it("causes one warning that names the missing patches", () => {
    const versions = {
      express: expect.any(String) as string,
      router: expect.any(String) as string,
    };
    const warning = { level: "warn", ...versions, missing };
    expect(log).toEqual(missing.length === 0 ? [] : [expect.objectContaining(warning)]);
  });

  it.each<[string, string, number, string]>([
    ["GET", "/things/1?x", 200, '{"id":"1"}'],
    ["HEAD", "/things/1", 200, ""],
    ["GET", "/THINGS/1/", 200, '{"id":"1"}'],
    ["GET", "/alias", 200, '{"id":"2"}'],
    ["GET", "/", 200, '"root"'],
    ["GET", "/livez", 200, '{"status":"ok"}'],
    ["POST", "/things", 201, "{}"],
    ["GET", "http://example.com/things/1", 200, '{"id":"1"}'],
  ])("matches a route for %s %s", async (method, path, status, body) => {
    const response = await ask(method, path);
    expect([response.status, response.body]).toEqual([status, body]);
    expect(response.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "x-frame-options": "SAMEORIGIN",
      "x-request-id": expect.any(String) as string,
      etag: expect.stringMatching(/^(W\/)?"\w+-.{27}"$/) as string,
    });
  });

  it.each<[string, string, number]>([
    ["GET", "/unknown", 404],
    ["GET", "/thing/1", 404],
    ["GET", "/things/1/unknown", 404],
    ["PATCH", "/unknown", 404],
    ["GET", "/things/%", 400],
    ["GET", "/failing", 500],
    ["GET", "/things/1/rejecting", 500],
  ])("responds to %s %s with a problem", async (method, path, status) => {
    expectProblem(await ask(method, path), status);
  });

  it("responds 405 to another method if the path's methods are known, else 404", async () => {
    for (const path of ["/things/1", "/things/1/"]) {
      const response = await ask("PATCH", path);
      expectProblem(response, has(ALLOW) ? 405 : 404);
      expect(response.headers.allow).toBe(has(ALLOW) ? "DELETE, GET, HEAD" : undefined);
    }
  });

  it("responds 500 to a thrown undefined if handlers can be wrapped", async () => {
    for (const path of ["/throwing", "/things/1/throwing"]) {
      expectProblem(await ask("GET", path), has(ERRORS) ? 500 : 404);
    }
  });

  it("responds to a target that Express cannot parse", async () => {
    const { status, headers } = await ask("GET", "http://user:%@[host/things/1");
    const [expected, type] = has(TARGETS)
      ? [200, "application/json; charset=utf-8"]
      : [404, "text/html; charset=utf-8"];
    expect([status, headers["content-type"]]).toEqual([expected, type]);
  });

  it("responds 304 to a conditional request", async () => {
    const { etag } = (await ask("GET", "/things/1")).headers;
    const response = await ask("GET", "/things/1", { "If-None-Match": String(etag) });
    expect([response.status, response.body]).toEqual([304, ""]);
  });

  async function ask(method: string, path: string, headers: Record<string, string> = {}) {
    const { port } = server.address() as AddressInfo;
    const sent = request({ port, host: "127.0.0.1", method, path, headers, agent: false }).end();
    const [res] = (await once(sent, "response")) as [IncomingMessage];
    return { status: res.statusCode, headers: res.headers, body: await text(res) };
  }
});

function defineRoutes(router: Router, things: Router): void {
  things.get("/:id", (req, res) => void res.json({ id: req.params.id }));
  things.delete("/:id", (_req, res) => void res.json({}));
  things.post("/", (_req, res) => void res.status(201).json({}));
  things.get("/:id/rejecting", () => Promise.reject(new Error("rejected")));
  things.get("/:id/throwing", throwNothing);
  router.use((req, _res, next) => {
    if (req.url === "/alias") req.url = "/things/2";
    next();
  });
  router.use("/things", things);
  router.get("/", (_req, res) => void res.json("root"));
  router.get("/throwing", throwNothing);
  router.get("/failing", () => {
    throw new Error("failed");
  });
}

function throwNothing(): never {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- the case under test
  throw undefined;
}

function expectProblem(
  response: { status: number | undefined; headers: object; body: string },
  status: number,
): void {
  expect(response.status).toBe(status);
  expect(response.headers).toMatchObject({
    "content-type": "application/problem+json; charset=utf-8",
    "x-frame-options": "SAMEORIGIN",
  });
  expect(JSON.parse(response.body)).toMatchObject({ type: "about:blank", status });
}
