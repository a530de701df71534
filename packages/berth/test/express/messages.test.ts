import { createServer, OutgoingMessage, type Server } from "node:http";
import express, { type RequestHandler, type Response, type Router } from "express";
import request from "supertest";
import { messageClasses } from "../../src/express/messages";
import { createTestApp } from "../../src/testing/app";

const DEFAULTS = 13;
const names = ({ headers }: request.Response) => Object.keys(headers);
const isDefault = (name: string) => name === "x-request-id" || name === "x-frame-options";

/** The same app as supertest serves it, and as the process serves it. */
const servers: [string, (define: (router: Router) => void) => Server | express.Express][] = [
  ["unbound", (define) => createTestApp(define).app],
  [
    "served with its message classes",
    (define) => {
      const { app } = createTestApp(define);
      return createServer(messageClasses(app), app);
    },
  ],
];

describe.each(servers)("a response of an app that is %s", (_name, serve) => {
  const get = (handler: (res: Response) => unknown, path = "/") =>
    request(serve((router) => void router.get("/x", (_req, res) => void handler(res)))).get(
      `/x${path}`,
    );

  it("has the default headers, whichever method sends it", async () => {
    const senders: ((res: Response) => unknown)[] = [
      (res) => res.json({}),
      (res) => res.send("text"),
      (res) => res.send(Buffer.from("bytes")),
      (res) => res.end("end"),
      (res) => res.write("streamed") && res.end(),
      (res) => res.writeHead(200, { "X-Own": "1" }).end(),
      (res) => res.writeHead(200, "Fine", ["X-Own", "1"]).end(),
      (res) => res.sendStatus(204),
      (res) => res.redirect("/elsewhere"),
      (res) => res.status(201).location("/x").json({}),
      (res) => res.sendFile(__filename),
      (res) => {
        res.flushHeaders();
        res.end();
      },
    ];
    for (const send of senders) {
      const res = await get(send);
      expect([send.toString(), names(res).filter(isDefault)]).toEqual([
        send.toString(),
        ["x-request-id", "x-frame-options"],
      ]);
    }
  });

  /** Node's methods for reading headers. */
  const looks = Object.getOwnPropertyNames(OutgoingMessage.prototype).filter((name) =>
    /^(get|has)\w*Header/.test(name),
  );
  it.each(looks)("shows pending headers like those that are set: %s", async (name) => {
    const seen: unknown[] = [];
    await get((res) => {
      const look = () =>
        (res as unknown as Record<string, (header: string) => unknown>)[name]?.("x-frame-options");
      seen.push(look());
      res.removeHeader("X-Not-There");
      seen.push(look());
      res.end();
    });
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toBeTruthy();
  });

  it("lets a handler read, change, extend and remove them", async () => {
    const seen: unknown[] = [];
    const res = await get((res) => {
      seen.push(
        res.getHeaderNames().length,
        res.hasHeader("X-Request-Id"),
        res.get("x-frame-options"),
      );
      seen.push(Object.keys(res.getHeaders()).length);
      res.removeHeader("Strict-Transport-Security");
      res.setHeader("X-Frame-Options", "DENY").appendHeader("Referrer-Policy", "origin");
      res.json({ a: 1 });
    });
    expect(seen).toEqual([DEFAULTS, true, "SAMEORIGIN", DEFAULTS]);
    expect(res.headers).toMatchObject({
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin, origin",
    });
    expect(names(res)).not.toContain("strict-transport-security");
    expect(res.body).toEqual({ a: 1 });
  });

  it("validates a handler's headers as Node does while the default ones are pending", async () => {
    const seen: unknown[] = [];
    const refused = (set: () => unknown) => {
      try {
        set();
      } catch (err) {
        seen.push((err as NodeJS.ErrnoException).code);
      }
    };
    const res = await get((res) => {
      seen.push(res.get("X-Own"), res.hasHeader("x-own"));
      res.set("X-Own", "first").setHeader("x-OWN", "second");
      res.set("X-Frame-Options", "DENY").location("/elsewhere");
      seen.push(res.get("X-Own"), res.getHeader("X-FRAME-OPTIONS"));
      refused(() => res.setHeader("X-Bad", "a\r\nb"));
      refused(() => res.setHeader("bad name", "a"));
      res.json({ a: 1 });
    });
    const codes = ["ERR_INVALID_CHAR", "ERR_INVALID_HTTP_TOKEN"];
    expect(seen).toEqual([undefined, false, "second", "DENY", ...codes]);
    expect(res.headers).toMatchObject({
      "x-own": "second",
      "x-frame-options": "DENY",
      location: "/elsewhere",
    });
    expect(names(res)).toEqual([...new Set(names(res))]);
    expect(res.body).toEqual({ a: 1 });
  });

  it("sends a non-ASCII header as Express does, with an ASCII and a non-ASCII body", async () => {
    for (const body of [{ a: 1 }, { ü: 1 }]) {
      const respond: RequestHandler = (_req, res) => void res.set("X-Name", "Bör").json(body);
      const theirs = await request(express().get("/x", respond)).get("/x");
      const ours = await request(serve((router) => router.get("/x", respond))).get("/x");
      expect(ours.headers["x-name"]).toBe(theirs.headers["x-name"]);
    }
  });

  it("gives the headers of writeHead precedence", async () => {
    const res = await get((res) => res.writeHead(200, { "x-frame-options": "DENY" }).end());
    expect(res.headers["x-frame-options"]).toBe("DENY");
  });

  it("sends the same JSON as Express: status, type, length, entity tag, HEAD, 304, 204", async () => {
    const plain = express().get("/x", (_req, res) => void res.status(202).json({ ü: "𝔘" }));
    plain.disable("x-powered-by");
    const server = serve((router) => {
      router.get("/x", (_req, res) => void res.status(202).json({ ü: "𝔘" }));
      router.get("/empty", (_req, res) => void res.status(204).json({ a: 1 }));
      router.get("/undefined", (_req, res) => void res.json(undefined));
    });
    for (const method of ["get", "head"] as const) {
      const ours = await request(server)[method]("/x");
      const theirs = await request(plain)[method]("/x");
      expect([ours.status, ours.text]).toEqual([theirs.status, theirs.text]);
      const { date: _date, ...headers } = theirs.headers as Record<string, string>;
      expect(ours.headers).toMatchObject({ ...headers, connection: expect.any(String) as string });
    }
    const tag = (await request(server).get("/x")).headers.etag as string;
    expect((await request(server).get("/x").set("If-None-Match", tag)).status).toBe(304);
    const empty = await request(server).get("/empty");
    expect([empty.status, empty.text, empty.headers["content-length"]]).toEqual([
      204,
      "",
      undefined,
    ]);
    const nothing = await request(server).get("/undefined");
    expect([nothing.status, nothing.text]).toEqual([200, ""]);
  });

  it.each<[string, (res: Response) => unknown]>([
    ["a header of its own", (res) => res.set("X-Own", "1").json({ a: 1 })],
    ["a type of its own", (res) => res.type("application/vnd.api+json").json({ a: 1 })],
    ["a length", (res) => res.set("Content-Length", "99").json({ a: 1 })],
    ["a tag of its own", (res) => res.set("ETag", '"1"').json({ a: 1 })],
    ["no tag", (res) => res.app.set("etag", () => undefined) && res.json({ a: 1 })],
  ])("sends the same JSON as Express when the handler sets %s", async (_name, handler) => {
    const plain = express().get("/x/", (_req, res) => void handler(res));
    const theirs = await request(plain).get("/x/");
    const ours = await get(handler);
    const {
      date: _date,
      "x-powered-by": _by,
      ...headers
    } = theirs.headers as Record<string, string>;
    expect([ours.status, ours.text, ours.headers.etag]).toEqual([200, theirs.text, headers.etag]);
    expect(ours.headers).toMatchObject({ ...headers, connection: expect.any(String) as string });
  });

  it("respects the settings that change JSON", async () => {
    const { app } = createTestApp(
      (router) => void router.get("/x", (_req, res) => void res.json({ a: "<" })),
    );
    app.set("json spaces", 2).set("json escape", true).set("etag", false);
    const res = await request(app).get("/x");
    expect([res.text, res.headers.etag]).toEqual(['{\n  "a": "\\u003c"\n}', undefined]);
  });

  it("calls methods that middleware has wrapped", async () => {
    const server = serve((router) => {
      router.use((_req, res, next) => {
        const send = res.send.bind(res);
        res.send = (body) => send(String(body).replace("plain", "wrapped"));
        next();
      });
      router.get("/x", (_req, res) => void res.json("plain"));
    });
    expect((await request(server).get("/x")).body).toBe("wrapped");
  });

  it.each([true, false])("keeps its headers in a mounted app", async (saysWhoItIs) => {
    const inner = express().set("x-powered-by", saysWhoItIs);
    inner.get("/", (_req, res) => void res.json({ inner: true }));
    const server = serve((router) => void router.use("/inner", inner));
    const res = await request(server).get("/inner");
    expect([res.body, names(res).filter(isDefault)]).toEqual([
      { inner: true },
      ["x-request-id", "x-frame-options"],
    ]);
  });
});

describe("a mounted app", () => {
  it("is the app of its own requests", async () => {
    const inner = createTestApp((router) => {
      router.get("/x", (req, res) => void res.json([req.app.get("x"), res.app.get("x")]));
    }).app;
    inner.set("x", "inner");
    const outer = express().set("x", "outer").use("/inner", inner);
    expect((await request(outer).get("/inner/x")).body).toEqual(["inner", "inner"]);
  });
});

describe("a request or response in a handler", () => {
  /** All property names, and those that are enumerable. */
  function namesOf(message: object): { all: string[]; listed: string[] } {
    const listed: string[] = [];
    for (const name in message) listed.push(name);
    const all = new Set<string>();
    for (let at: unknown = message; at; at = Object.getPrototypeOf(at)) {
      for (const name of Object.getOwnPropertyNames(at)) all.add(name);
    }
    return { all: [...all].sort(), listed: listed.sort() };
  }

  it("has the same properties as in Express, and the request id", async () => {
    const seen: ReturnType<typeof namesOf>[][] = [];
    const look: express.RequestHandler = (req, res) => {
      seen.push([namesOf(req), namesOf(res)]);
      res.end();
    };
    const { app } = createTestApp((router) => void router.get("/x", look));
    await request(createServer(messageClasses(app), app)).get("/x");
    const plain = express().disable("x-powered-by").use(express.Router().get("/x", look));
    await request(plain).get("/x");
    const [[req, res], [plainReq, plainRes]] = seen as [(typeof seen)[0], (typeof seen)[0]];
    expect(res).toEqual(plainRes);
    const withId = (names: string[] = []) => [...names, "id"].sort();
    expect(req?.all).toEqual(withId(plainReq?.all));
    expect(req?.listed).toEqual(withId(plainReq?.listed));
  });
});

describe("a method that the service has replaced", () => {
  const methods = ["json", "send", "end", "writeHead", "set", "setHeader"] as const;
  type Replaceable = Record<(typeof methods)[number], (...args: unknown[]) => unknown>;

  /** Counts its calls; returns a function that restores the old method. */
  function replace(target: object, name: keyof Replaceable, calls: string[]): () => void {
    const before = Object.getOwnPropertyDescriptor(target, name);
    const method = (target as Replaceable)[name];
    (target as Replaceable)[name] = function (this: unknown, ...args) {
      calls.push(name);
      return method.apply(this, args);
    };
    return () => {
      if (before) Object.defineProperty(target, name, before);
      else Reflect.deleteProperty(target, name);
    };
  }

  const places: [string, (app: express.Express, res: Response) => object][] = [
    ["on one response", (_app, res) => res],
    ["on its app's responses", (app) => app.response],
    ["on all of Express' responses", () => express.response],
  ];

  describe.each(places)("%s", (_name, place) => {
    it.each(methods)("is called: %s", async (name) => {
      const calls: string[] = [];
      const { app } = createTestApp((router) => {
        router.get("/x", (_req, res) => {
          const restore = replace(place(app, res), name, calls);
          try {
            res.json({ a: 1 });
          } finally {
            restore();
          }
        });
      });
      const res = await request(createServer(messageClasses(app), app)).get("/x");
      expect([res.status, res.body]).toEqual([200, { a: 1 }]);
      expect(calls).toContain(name);
    });
  });
});

describe("a message of an app that is served with its message classes", () => {
  it("has its prototype when it is created", async () => {
    const { app } = createTestApp();
    const server = createServer(messageClasses(app), app);
    const prototypes = new Promise<unknown[]>((resolve) => {
      server.prependOnceListener("request", (req, res) =>
        resolve([Object.getPrototypeOf(req), Object.getPrototypeOf(res)]),
      );
    });
    await request(server).get("/livez");
    const [req, res] = await prototypes;
    expect(req === app.request && res === app.response).toBe(true);
  });
});
