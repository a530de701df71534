import { createServer } from "node:http";
import compression from "compression";
import cors from "cors";
import express, { type RequestHandler, type Router } from "express";
import { rateLimit } from "express-rate-limit";
import session, { MemoryStore } from "express-session";
import multer from "multer";
import passport from "passport";
import helmet from "helmet";
import request from "supertest";
import { messageClasses } from "../../src/express/messages";
import { Problem } from "../../src/request/problem";
import { createTestApp, problem } from "../../src/testing/app";

/** The app as the process serves it, and its log. */
function serve(define: (router: Router) => void, middleware: RequestHandler[] = []) {
  const { app, log } = createTestApp(define, { middleware });
  const errors = () => log.filter(({ level }) => level === "error");
  return { server: createServer(messageClasses(app), app), errors };
}

const parsed = (res: { status: number; type: string; text: string }) => [
  res.status,
  res.type,
  JSON.parse(res.text) as unknown,
];
const expected = (status: number, title: string, members: object = {}) => [
  status,
  "application/problem+json",
  problem(status, title, members),
];

describe("an upload that multer refuses", () => {
  const limits = { fileSize: 4, files: 1, fieldSize: 4, fields: 1 };
  const { server, errors } = serve((router) => {
    const upload = multer({ limits });
    router.post("/x", upload.single("file"), (_req, res) => void res.json("taken"));
  });
  const part = (name: string, value: string, file = "") =>
    `--b\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
  const FILE = '; filename="a"';

  it.each<[string, string, string, number, string, string]>([
    [
      "a file is too large",
      "b",
      part("file", "12345", FILE),
      413,
      "Payload Too Large",
      "File too large.",
    ],
    [
      "a field is too large",
      "b",
      part("f", "12345"),
      413,
      "Payload Too Large",
      "Field value too long.",
    ],
    [
      "there are too many fields",
      "b",
      part("f", "1") + part("g", "1"),
      413,
      "Payload Too Large",
      "Too many fields.",
    ],
    [
      "a file has another name",
      "b",
      part("other", "1", FILE),
      400,
      "Bad Request",
      "Unexpected file field.",
    ],
    [
      "it ends too soon",
      "b",
      "--b\r\nContent-Disposition: form-data",
      400,
      "Bad Request",
      "Unexpected end of form.",
    ],
    ["it has no boundary", "", "", 400, "Bad Request", "Multipart: Boundary not found."],
  ])(
    "is a problem with its status when %s",
    async (_name, boundary, parts, status, title, detail) => {
      const end = parts.endsWith("\r\n") ? "--b--\r\n" : "";
      const res = await request(server)
        .post("/x")
        .set("Content-Type", `multipart/form-data${boundary && `; boundary=${boundary}`}`)
        .send(parts + end);
      expect(parsed(res)).toEqual(expected(status, title, { detail }));
      expect(errors()).toEqual([]);
    },
  );
});

describe("an error of third-party middleware", () => {
  it("becomes a problem with its headers: express-rate-limit", async () => {
    const { server } = serve((router) => {
      const handler = () => {
        throw new Problem(429, "Too many requests: try again later.");
      };
      router.use(rateLimit({ limit: 1, windowMs: 60_000, handler }));
      router.get("/x", (_req, res) => void res.json({}));
    });
    await request(server).get("/x");
    const res = await request(server).get("/x");
    expect(parsed(res)).toEqual(
      expected(429, "Too Many Requests", { detail: "Too many requests: try again later." }),
    );
    expect(Number(res.headers["retry-after"])).toBeGreaterThan(0);
  });

  it("becomes a problem with its challenge: passport", async () => {
    class Token extends passport.Strategy {
      override name = "token";
      override authenticate(): void {
        this.fail('Bearer realm="x"', 401);
      }
    }
    const auth = new passport.Passport().use(new Token());
    const options = { session: false, failWithError: true };
    const { server, errors } = serve((router) => {
      router.get("/x", auth.authenticate("token", options) as RequestHandler);
    });
    const res = await request(server).get("/x");
    expect(parsed(res)).toEqual(expected(401, "Unauthorized"));
    expect(res.headers["www-authenticate"]).toBe('Bearer realm="x"');
    expect(errors()).toEqual([]);
  });

  it("becomes what its callback says: cors", async () => {
    const { server, errors } = serve(
      () => undefined,
      [
        cors({
          origin: (origin, callback) =>
            callback(
              origin === "https://a.example"
                ? new Problem(403, "This origin may not ask.")
                : new Error("secret detail"),
            ),
        }),
      ],
    );
    const refused = await request(server).get("/x").set("Origin", "https://a.example");
    expect(parsed(refused)).toEqual(
      expected(403, "Forbidden", { detail: "This origin may not ask." }),
    );
    expect(errors()).toEqual([]);
    // The error has no status, so the client is not to blame.
    const failed = await request(server).get("/x").set("Origin", "https://b.example");
    expect(parsed(failed)).toEqual(expected(500, "Internal Server Error"));
  });

  it("becomes a problem with its exposed message: Express' own parsers and files", async () => {
    const { server, errors } = serve((router) => {
      router.post("/x", express.json({ limit: 10 }), (_req, res) => void res.json({}));
      router.use("/files", express.static(__dirname, { fallthrough: false }));
    });
    const large = await request(server).post("/x").send({ text: "0123456789" });
    expect(parsed(large)).toEqual(
      expected(413, "Payload Too Large", { detail: "request entity too large" }),
    );
    const malformed = await request(server).post("/x").type("json").send("{");
    expect([malformed.status, malformed.type]).toEqual([400, "application/problem+json"]);
    expect(parsed(await request(server).get("/files/nothing"))).toEqual(
      expected(404, "Not Found", { detail: "Not Found" }),
    );
    expect(errors()).toEqual([]);
  });

  it("becomes a 500 and one log line without a status: an unavailable session store", async () => {
    const store = new MemoryStore();
    store.get = (_id, callback) => callback(new Error("secret detail"));
    const { server, errors } = serve(
      (router) => router.get("/x", (_req, res) => void res.json({})),
      [session({ secret: "s", resave: false, saveUninitialized: true, store })],
    );
    const [cookie = ""] = (await request(server).get("/x")).headers[
      "set-cookie"
    ] as unknown as string[];
    expect(parsed(await request(server).get("/x").set("Cookie", cookie))).toEqual(
      expected(500, "Internal Server Error"),
    );
    expect(errors()).toHaveLength(1);
  });
});

describe("app-wide middleware before the routes", () => {
  const { server } = serve(
    (router) => router.get("/x", (req, res) => void res.json((req.session.visits ??= 1))),
    [
      cors({ origin: "https://a.example", credentials: true }),
      compression({ threshold: 0 }),
      session({ secret: "s", resave: false, saveUninitialized: false }),
    ],
  );
  const ORIGIN = { "access-control-allow-origin": "https://a.example" };

  it("responds to preflights, for existing and missing routes", async () => {
    for (const path of ["/x", "/nothing"]) {
      const res = await request(server)
        .options(path)
        .set({ Origin: "https://a.example", "Access-Control-Request-Method": "PUT" });
      expect([res.status, res.headers]).toEqual([204, expect.objectContaining(ORIGIN)]);
      expect(res.headers["access-control-allow-methods"]).toContain("PUT");
    }
  });

  it.each([
    ["a response", "get", "/x", 200],
    ["a 404", "get", "/nothing", 404],
    ["a 405", "put", "/x", 405],
  ] as const)("adds to %s", async (_name, method, path, status) => {
    const res = await request(server)[method](path).set("Accept-Encoding", "gzip");
    expect([res.status, res.headers]).toEqual([
      status,
      expect.objectContaining({
        ...ORIGIN,
        "content-encoding": "gzip",
        "x-frame-options": "SAMEORIGIN",
      }),
    ]);
    // The client has decompressed it.
    expect(() => JSON.parse(res.text) as unknown).not.toThrow();
    if (status === 200) expect(res.headers["set-cookie"]).toHaveLength(1);
  });
});

describe("a page with its own content security policy", () => {
  it("keeps it, also on its problems, and other routes have the strict one", async () => {
    const { server } = serve((router) => {
      const directives = { scriptSrc: ["'self'", "https://cdn.example"] };
      router.use("/page", helmet.contentSecurityPolicy({ directives }));
      router.get("/page", (_req, res) => void res.send("<p>"));
      router.get("/other", (_req, res) => void res.send("<p>"));
    });
    const policy = async (path: string) =>
      (await request(server).get(path)).headers["content-security-policy"];
    expect(await policy("/page")).toMatch(/script-src 'self' https:\/\/cdn\.example;/);
    expect(await policy("/page/nothing")).toBe(await policy("/page"));
    expect(await policy("/other")).toMatch(/script-src 'self';/);
  });
});
