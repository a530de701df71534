import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import compression from "compression";
import cors from "cors";
import type { RequestHandler, Router } from "express";
import { rateLimit } from "express-rate-limit";
import session from "express-session";
import morgan from "morgan";
import multer from "multer";
import passport from "passport";
import serveStatic from "serve-static";
import request from "supertest";
import { messageClasses } from "../../src/express/messages";
import { createTestApp } from "../../src/testing/app";

declare module "express-session" {
  interface SessionData {
    visits: number;
  }
}

/** The app as the process serves it: with its message classes. */
function serve(define: (router: Router) => void): Server {
  const { app } = createTestApp(define);
  return createServer(messageClasses(app), app);
}

const DEFAULT = { "x-frame-options": "SAMEORIGIN", "x-request-id": expect.any(String) as string };

describe("third-party middleware works with Berth", () => {
  it("compression", async () => {
    const server = serve((router) => {
      router.use(compression({ threshold: 0 }));
      router.get("/x", (_req, res) => void res.json({ text: "a".repeat(1000) }));
    });
    const res = await request(server)
      .get("/x")
      .set("Accept-Encoding", "gzip")
      .buffer()
      .parse((stream, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => done(null, Buffer.concat(chunks)));
      });
    expect(res.headers).toMatchObject({
      ...DEFAULT,
      "content-encoding": "gzip",
      vary: "Accept-Encoding",
    });
    // superagent has decompressed it unless that was turned off.
    const bytes = res.body as Buffer;
    const text = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
    expect(JSON.parse(text.toString())).toEqual({ text: "a".repeat(1000) });
  });

  it("cors", async () => {
    const server = serve((router) => {
      router.use(cors({ origin: "https://example.org" }));
      router.get("/x", (_req, res) => void res.json({}));
    });
    const res = await request(server).get("/x");
    expect(res.headers).toMatchObject({
      ...DEFAULT,
      "access-control-allow-origin": "https://example.org",
    });
    expect((await request(server).options("/x")).status).toBe(204);
  });

  it("express-session", async () => {
    const server = serve((router) => {
      router.use(session({ secret: "s", resave: false, saveUninitialized: false }));
      router.get("/x", (req, res) => {
        req.session.visits = (req.session.visits ?? 0) + 1;
        res.json(req.session.visits);
      });
    });
    const first = await request(server).get("/x");
    const [cookie = ""] = first.headers["set-cookie"] as unknown as string[];
    expect(cookie).toMatch(/^connect\.sid=/);
    expect(first.headers).toMatchObject(DEFAULT);
    expect((await request(server).get("/x").set("Cookie", cookie)).body).toBe(2);
  });

  it("multer", async () => {
    const server = serve((router) => {
      router.post(
        "/x",
        multer().single("file"),
        (req, res) => void res.json(req.file?.buffer.toString()),
      );
    });
    const res = await request(server).post("/x").attach("file", Buffer.from("content"), "a.txt");
    expect([res.body, res.headers]).toEqual(["content", expect.objectContaining(DEFAULT)]);
  });

  it("passport", async () => {
    class Token extends passport.Strategy {
      override name = "token";
      override authenticate(req: { headers: Record<string, unknown> }): void {
        if (req.headers.authorization === "Token t") this.success({ name: "ann" });
        else this.fail("Token", 401);
      }
    }
    const auth = new passport.Passport();
    auth.use(new Token());
    const server = serve((router) => {
      router.get(
        "/x",
        auth.authenticate("token", { session: false }) as RequestHandler,
        (req, res) => void res.json(req.user),
      );
    });
    expect((await request(server).get("/x").set("Authorization", "Token t")).body).toEqual({
      name: "ann",
    });
    const refused = await request(server).get("/x");
    expect([refused.status, refused.headers]).toEqual([
      401,
      expect.objectContaining({ ...DEFAULT, "www-authenticate": "Token" }),
    ]);
  });

  it("serve-static", async () => {
    const server = serve(
      (router) => void router.use("/static", serveStatic(join(__dirname, ".."))),
    );
    const res = await request(server).get("/static/support/crash-on-signal.js");
    expect([res.status, res.headers]).toEqual([
      200,
      expect.objectContaining({
        ...DEFAULT,
        "content-type": "text/javascript; charset=utf-8",
        "accept-ranges": "bytes",
      }),
    ]);
    expect(
      (await request(server).get("/static/support/crash-on-signal.js").set("Range", "bytes=0-1"))
        .status,
    ).toBe(206);
    expect((await request(server).get("/static/nothing")).status).toBe(404);
  });

  it("express-rate-limit", async () => {
    const server = serve((router) => {
      router.use(
        rateLimit({ limit: 1, windowMs: 60_000, standardHeaders: "draft-7", legacyHeaders: false }),
      );
      router.get("/x", (_req, res) => void res.json({}));
    });
    const first = await request(server).get("/x");
    expect(first.headers).toMatchObject({
      ...DEFAULT,
      ratelimit: expect.stringContaining("remaining=0") as string,
    });
    expect((await request(server).get("/x")).status).toBe(429);
  });

  it("morgan", async () => {
    const lines: string[] = [];
    const server = serve((router) => {
      router.use(
        morgan(":method :url :status :res[content-length] :res[x-request-id]", {
          stream: { write: (line) => lines.push(line) },
        }),
      );
      router.get("/x", (_req, res) => void res.json({}));
    });
    await request(server).get("/x").set("X-Request-Id", "r1");
    expect(lines).toEqual(["GET /x 200 2 r1\n"]);
  });
});
