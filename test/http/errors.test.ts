import request from "supertest";
import { createTestApp, problem } from "../support/app";

const generic = problem(500, "Internal Server Error");

describe("a handler that throws", () => {
  const { app, log } = createTestApp((router) => {
    const thrown: Record<string, unknown> = {
      error: new Error("secret detail"),
      string: "secret detail",
      undefined: undefined,
      null: null,
      route: "route",
      router: "router",
      number: 404,
      "status-200": Object.assign(new Error("secret detail"), { status: 200 }),
      "status-text": Object.assign(new Error("secret detail"), { status: "404" }),
      frozen: Object.freeze({}),
    };
    for (const [name, value] of Object.entries(thrown)) {
      router.get(`/sync/${name}`, () => {
        throw value;
      });
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      if (!name.startsWith("route")) router.get(`/async/${name}`, () => Promise.reject(value));
    }
    router.get("/client-error", () => {
      throw Object.assign(new Error("the tea is cold"), { status: 418, expose: true });
    });
    router.get("/hidden-client-error", () => {
      throw Object.assign(new Error("secret detail"), { statusCode: 403 });
    });
    router.get("/half-set", (_req, res) => {
      res.set({
        ETag: '"1"',
        "Cache-Control": "public",
        "Content-Encoding": "gzip",
        "X-Kept": "yes",
      });
      throw new Error("late");
    });
    router.get("/half-described", (_req, res) => {
      res.set({ "Cache-Control": "public", "Content-Encoding": "gzip" });
      throw new Error("late");
    });
    router.get("/half-sent", (_req, res) => {
      res.write("half of");
      throw new Error("too late");
    });
    router.get("/next", (_req, _res, next) => next());
  });

  it.each([
    "error",
    "string",
    "undefined",
    "null",
    "route",
    "router",
    "number",
    "status-200",
    "status-text",
    "frozen",
  ])("gets a generic 500 for %s", async (name) => {
    const res = await request(app).get(`/sync/${name}`);
    expect(res.status).toBe(500);
    expect(res.type).toBe("application/problem+json");
    expect(JSON.parse(res.text)).toEqual(generic);
  });

  it.each(["error", "string", "undefined", "null", "number"])(
    "gets a generic 500 for a promise rejected with %s",
    async (name) => {
      const res = await request(app).get(`/async/${name}`);
      expect([res.status, JSON.parse(res.text)]).toEqual([500, generic]);
    },
  );

  it("is logged with its stack and the request id", async () => {
    await request(app).get("/sync/error").set("X-Request-Id", "find-me");
    expect(log).toContainEqual(
      expect.objectContaining({
        level: "error",
        requestId: "find-me",
        err: expect.objectContaining({
          stack: expect.stringContaining("errors.test") as string,
        }) as object,
      }),
    );
  });

  it("keeps a client error's status, and its message when it is meant for the client", async () => {
    const shown = await request(app).get("/client-error");
    expect(JSON.parse(shown.text)).toEqual(
      problem(418, "I'm a Teapot", { detail: "the tea is cold" }),
    );
    const hidden = await request(app).get("/hidden-client-error");
    expect(JSON.parse(hidden.text)).toEqual(problem(403, "Forbidden"));
  });

  it("loses the headers that described the answer it replaces, and keeps the others", async () => {
    const res = await request(app).get("/half-set");
    expect(res.status).toBe(500);
    expect(res.headers).toMatchObject({ "x-kept": "yes", "x-frame-options": "SAMEORIGIN" });
    expect(res.headers).not.toHaveProperty("content-encoding");
    expect(res.headers["cache-control"]).toBeUndefined();
    expect(res.headers.etag).not.toBe('"1"');
  });

  it("says nothing of the answer that does not come", async () => {
    const { headers, text } = await request(app).get("/half-described");
    expect([headers["content-encoding"], headers["cache-control"]]).toEqual([undefined, undefined]);
    expect(JSON.parse(text)).toEqual(generic);
  });

  it("has its connection ended when the answer was on its way", async () => {
    await expect(request(app).get("/half-sent")).rejects.toThrow("aborted");
  });

  it("may pass on with next(), and that is a 404", async () => {
    const res = await request(app).get("/next");
    expect([res.status, JSON.parse(res.text)]).toEqual([
      404,
      problem(404, "Not Found", { detail: "There is nothing at this path." }),
    ]);
  });
});
