import { gunzipSync } from "node:zlib";
import request from "supertest";
import { BackingServiceUnavailable } from "../../src/backing/unavailable";
import { createLogger } from "../../src/process/logger";
import { Problem } from "../../src/request/problem";
import { createTestApp, type LogLine, problem } from "../../src/testing/app";

const generic = problem(500, "Internal Server Error");

const errorsOf = (log: LogLine[], requestId: string) =>
  log.filter((line) => line.requestId === requestId && line.level === "error");

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
    router.get("/of-status/:status", (req) => {
      throw Object.assign(new Error("secret detail"), { status: Number(req.params.status) });
    });
    router.get("/half-set", (_req, res) => {
      res.set({
        ETag: '"1"',
        "Cache-Control": "public",
        "Content-Encoding": "gzip",
        "X-Kept": "yes",
        "X-Content-Kept": "yes",
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

  it("keeps a client error's status, and its message if expose is true", async () => {
    const shown = await request(app).get("/client-error");
    expect(JSON.parse(shown.text)).toEqual(
      problem(418, "I'm a Teapot", { detail: "the tea is cold" }),
    );
    const hidden = await request(app).get("/hidden-client-error");
    expect(JSON.parse(hidden.text)).toEqual(problem(403, "Forbidden"));
  });

  it.each([
    [399, 500],
    [400, 400],
    [404.5, 500],
    [599, 599],
    [600, 500],
  ])("gets, for the status %d, a %d", async (status, sent) => {
    const res = await request(app).get(`/of-status/${status}`);
    expect([res.status, res.type]).toEqual([sent, "application/problem+json"]);
  });

  it.each([
    [499, []],
    [500, ["request failed"]],
  ])("logs, for the status %d, %j", async (status, messages) => {
    const id = `logged-${status}`;
    await request(app).get(`/of-status/${status}`).set("X-Request-Id", id);
    expect(errorsOf(log, id).map(({ msg }) => msg)).toEqual(messages);
  });

  it("removes headers that described the replaced response, and keeps the others", async () => {
    const res = await request(app).get("/half-set");
    expect(res.status).toBe(500);
    expect(res.headers).toMatchObject({
      "x-kept": "yes",
      "x-content-kept": "yes",
      "x-frame-options": "SAMEORIGIN",
    });
    expect(res.headers).not.toHaveProperty("content-encoding");
    expect(res.headers["cache-control"]).toBeUndefined();
    expect(res.headers.etag).not.toBe('"1"');
  });

  it("has no headers that describe the replaced body", async () => {
    const { headers, text } = await request(app).get("/half-described");
    expect([headers["content-encoding"], headers["cache-control"]]).toEqual([undefined, undefined]);
    expect(JSON.parse(text)).toEqual(generic);
  });

  it("closes the connection when the response has already begun", async () => {
    await expect(request(app).get("/half-sent")).rejects.toThrow("aborted");
  });

  it("gets a 404 after calling next()", async () => {
    const res = await request(app).get("/next");
    expect([res.status, JSON.parse(res.text)]).toEqual([
      404,
      problem(404, "Not Found", { detail: "There is nothing at this path." }),
    ]);
  });
});

/** An object whose every operation throws. */
const untouchable = (): object =>
  new Proxy(
    {},
    {
      get: () => {
        throw new Error("secret detail");
      },
      getPrototypeOf: () => {
        throw new Error("secret detail");
      },
    },
  );

const throwing = (key: string, on: object): object =>
  Object.defineProperty(on, key, {
    enumerable: true,
    get: () => {
      throw new Error("secret detail");
    },
  });

const circular: Record<string, unknown> = {};
circular.self = circular;

const toJSON = (): never => {
  throw new Error("secret detail");
};

describe("an error that cannot be sent as it is", () => {
  const thrown: Record<string, unknown> = {
    "a BigInt member": new Problem(409, "d", { count: 1n }),
    "a circular member": new Problem(409, "d", { circular }),
    "a member that throws when it is read": new Problem(409, "d", throwing("x", {}) as never),
    "a member that cannot be JSON": new Problem(409, "d", { x: { toJSON } }),
    "an invalid header name": new Problem(409, "d", {}, { "X-Fine": "1", "X Bad": "1" }),
    "a newline in a header": new Problem(409, "d", {}, { "X-Fine": "1", "X-Bad": "a\nb" }),
    "a header of undefined": new Problem(409, "d", {}, { "X-Bad": undefined as never }),
    "a status that is none": new Problem(200, "secret detail"),
    "a status that throws": throwing("status", new Error("secret detail")),
    "a message that throws": throwing(
      "message",
      Object.assign(new Error(), { status: 500, expose: true }),
    ),
    "a stack that throws": throwing("stack", new Error("secret detail")),
    "a cause that throws": new Error("secret detail", { cause: throwing("message", new Error()) }),
    "headers that throw": {
      status: 503,
      expose: true,
      message: "m",
      headers: throwing("Retry-After", {}),
    },
    "nothing that can be read": untouchable(),
    "no prototype": Object.create(null) as unknown,
    "a frozen error": Object.freeze(Object.assign(new Error("secret detail"), { status: 500 })),
    "a revoked proxy": (() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    })(),
  };
  const names = Object.keys(thrown);
  const { app, log } = createTestApp((router) => {
    names.forEach((name, i) => {
      router.get(`/sync/${i}`, () => {
        throw thrown[name];
      });
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      router.get(`/async/${i}`, () => Promise.reject(thrown[name]));
      router.get(`/late/${i}`, (_req, res) => {
        res.write("half of");
        throw thrown[name];
      });
    });
    router.get("/status-line", (_req, res) => {
      res.statusMessage = "a\nb";
      throw new Error("secret detail");
    });
    router.get("/broken", (_req, res) => {
      res.writeHead = () => {
        throw new Error("secret detail");
      };
      throw new Error("secret detail");
    });
  });
  describe.each(["sync", "async"])("thrown by a handler that is %s", (kind) => {
    it.each(names)("is a generic 500 and a log line when it has %s", async (name) => {
      const id = `${kind}-${names.indexOf(name)}`;
      const res = await request(app)
        .get(`/${kind}/${names.indexOf(name)}`)
        .set("X-Request-Id", id);
      expect([res.status, res.type]).toEqual([500, "application/problem+json"]);
      expect(JSON.parse(res.text)).toEqual(generic);
      expect(res.headers).not.toHaveProperty("x-fine");
      expect(errorsOf(log, id).length).toBeGreaterThan(0);
    });
  });

  it("is logged, with the reason why it could not be sent", async () => {
    const path = `/sync/${names.indexOf("a BigInt member")}`;
    await request(app).get(path).set("X-Request-Id", "big");
    const err = expect.objectContaining({
      message: expect.stringContaining("BigInt") as string,
    }) as object;
    expect(errorsOf(log, "big")).toEqual([
      expect.objectContaining({ msg: "problem details could not be sent", err }),
    ]);
  });

  it.each(names)(
    "closes the connection and is logged when the response has begun and it has %s",
    async (name) => {
      const id = `late-${names.indexOf(name)}`;
      const late = request(app)
        .get(`/late/${names.indexOf(name)}`)
        .set("X-Request-Id", id);
      await expect(late).rejects.toThrow("aborted");
      expect(errorsOf(log, id)).toHaveLength(1);
    },
  );

  it("is logged when the logger fails to serialize it", async () => {
    const lines: string[] = [];
    const logger = createLogger("info", { write: (line) => void lines.push(line) }).child(
      {},
      {
        serializers: {
          err: () => {
            throw new Error("secret detail");
          },
        },
      },
    );
    const failing = createTestApp(
      (router) => {
        router.get("/x", () => {
          throw new Error("secret detail");
        });
      },
      { logger },
    ).app;
    const res = await request(failing).get("/x").set("X-Request-Id", "unlogged");
    expect([res.status, JSON.parse(res.text)]).toEqual([500, generic]);
    const errors = errorsOf(
      lines.map((line) => JSON.parse(line) as LogLine),
      "unlogged",
    );
    expect(errors.map(({ msg }) => msg)).toEqual([
      "request failed, and the error cannot be logged",
    ]);
  });

  it("is sent when the handler has set an invalid status message", async () => {
    const res = await request(app).get("/status-line");
    expect([res.status, JSON.parse(res.text)]).toEqual([500, generic]);
    expect(res).toMatchObject({ res: { statusMessage: "Internal Server Error" } });
  });

  it("closes the connection when the response itself is broken", async () => {
    await expect(request(app).get("/broken")).rejects.toThrow("hang up");
  });
});

describe("the response to an error", () => {
  const { app } = createTestApp((router) => {
    const thrown: Record<string, () => unknown> = {
      upstream: () =>
        Object.assign(new Error("secret detail"), {
          status: 502,
          members: { password: "secret detail", status: 200 },
          headers: { "content-encoding": "gzip", "set-cookie": "a=b", "retry-after": "9" },
        }),
      library: () =>
        Object.assign(new Error("slow down"), {
          status: 429,
          expose: true,
          members: { password: "secret detail" },
          headers: { "retry-after": "9", "set-cookie": "a=b" },
        }),
      challenge: () => ({
        status: 401,
        expose: true,
        message: { password: "secret detail" },
        headers: {
          Allow: "GET",
          "Content-Range": "bytes */7",
          "WWW-Authenticate": "Bearer",
          "Access-Control-Allow": "x",
          "Allow-Origin": "x",
        },
      }),
      "almost-exposed": () => ({ status: 400, expose: "no", message: "secret detail" }),
      "other-decoding": () =>
        Object.assign(new URIError("no such name"), { status: 404, expose: true }),
      database: () => new BackingServiceUnavailable("database", new Error("secret detail")),
      problem: () =>
        new Problem(
          409,
          "It has been sold.",
          {
            type: "https://example.org/sold",
            title: "Sold",
            status: 200,
            requestId: "x",
            by: "ann",
          },
          { "X-Own": "1" },
        ),
      decode: () => decodeURIComponent("%"),
      gunzip: () => gunzipSync("x"),
      parse: () => Object.assign(new Error("secret detail"), { type: "entity.parse.failed" }),
    };
    for (const [name, make] of Object.entries(thrown)) {
      router.get(`/${name}`, () => {
        throw make();
      });
    }
    router.get("/named/:name", (req, res) => void res.json(req.params.name));
    router.get("/file", (_req, res) => res.sendFile(__filename));
  });
  const get = async (path: string) => {
    const res = await request(app).get(path);
    return { ...res, body: JSON.parse(res.text) as unknown, headers: res.headers };
  };

  it("has only the status if another library's error has no expose", async () => {
    const { body, headers } = await get("/upstream");
    expect(body).toEqual(problem(502, "Bad Gateway"));
    for (const name of ["content-encoding", "set-cookie", "retry-after"]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it("has the message and the headers of its status if expose is true", async () => {
    const { body, headers } = await get("/library");
    expect(body).toEqual(problem(429, "Too Many Requests", { detail: "slow down" }));
    expect(headers["retry-after"]).toBe("9");
    expect(headers).not.toHaveProperty("set-cookie");
  });

  it("has no detail if the message is not a string, and all headers that a status may need", async () => {
    const { body, headers } = await get("/challenge");
    expect(body).toEqual(problem(401, "Unauthorized"));
    expect(headers).toMatchObject({
      allow: "GET",
      "content-range": "bytes */7",
      "www-authenticate": "Bearer",
    });
    expect(headers).not.toHaveProperty("access-control-allow");
    expect(headers).not.toHaveProperty("allow-origin");
  });

  it("has only the status if expose is anything but true", async () => {
    expect((await get("/almost-exposed")).body).toEqual(problem(400, "Bad Request"));
  });

  it("explains a path whose parameter Express cannot decode", async () => {
    const detail = "The path has malformed percent-encoding.";
    expect((await get("/named/%ff")).body).toEqual(problem(400, "Bad Request", { detail }));
  });

  it("has the error's own message if it concerns decoding, but not of the path", async () => {
    const { body } = await get("/other-decoding");
    expect(body).toEqual(problem(404, "Not Found", { detail: "no such name" }));
  });

  it("has Retry-After when a backing service is unavailable", async () => {
    const { body, headers } = await get("/database");
    const detail = "The database is not available at the moment.";
    expect(body).toEqual(problem(503, "Service Unavailable", { detail }));
    expect(headers["retry-after"]).toBe("5");
  });

  it("has the length of the file when a range is not satisfiable", async () => {
    const res = await request(app).get("/file").set("Range", "bytes=99999999-");
    expect([res.status, res.type]).toEqual([416, "application/problem+json"]);
    expect(res.headers["content-range"]).toMatch(/^bytes \*\/\d+$/);
  });

  it("has all members of a problem, except another status or request id", async () => {
    const { body, headers } = await get("/problem");
    expect(body).toEqual({
      type: "https://example.org/sold",
      title: "Sold",
      status: 409,
      detail: "It has been sold.",
      by: "ann",
      requestId: headers["x-request-id"],
    });
    expect(headers["x-own"]).toBe("1");
  });

  it.each(["decode", "gunzip", "parse"])(
    "is nothing when a handler's own %s looks like an error of the client",
    async (name) => {
      expect((await get(`/${name}`)).body).toEqual(generic);
    },
  );
});
