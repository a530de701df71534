import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Router } from "express";
import request, { type Response } from "supertest";
import { type Database } from "../../src/postgres/database";
import { createRedis, type Redis } from "../../src/redis/redis";
import { flash, seeOther, takeFlashes } from "../../src/pages/flash";
import { createSessions, endSession, renewSession } from "../../src/pages/sessions";
import { recordsInDatabase } from "../../src/pages/session-records";
import { sessionVariables } from "../../src/pages/variables";
import { readEnvironment } from "../../src/process/environment";
import { createTestApp, createTestLogger, problem } from "../../src/testing/app";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { createTestRedis, describeWithRedis, type TestRedis } from "../../src/testing/redis";
import { attach } from "../support/database";

declare module "express-session" {
  interface SessionData {
    cart: string;
  }
}

const [SECRET, NEWER] = ["a".repeat(32), "b".repeat(32)];

/** What `/slow` waits for, once it has read its session. */
let meanwhile: () => Promise<unknown>;

function define(router: Router): void {
  router.get("/cart", (req, res) => void res.json(req.session.cart ?? null));
  router.post("/cart", (req, res) => {
    req.session.cart = req.query.of as string;
    res.json(null);
  });
  router.post("/sign-in", async (req, res) => {
    await renewSession(req);
    req.session.cart = "Ann's";
    await seeOther(req, res, "/cart");
  });
  router.post("/sign-out", async (req, res) => {
    await endSession(req);
    await seeOther(req, res, "/");
  });
  router.post("/slow", async (req, res) => {
    await meanwhile();
    req.session.cart = "slow";
    res.json(null);
  });
  router.post("/notes/new", async (req, res) => {
    if (req.query.says !== undefined) flash(req, req.query.says as string);
    await seeOther(req, res, "/flashes");
  });
  router.post("/large", async (req, res) => {
    req.session.cart = "x".repeat(70_000);
    await seeOther(req, res, "/cart");
  });
  router.post("/remember", async (req, res) => {
    req.session.cart = "half a character \ud83d, and NUL \0";
    req.session.cookie.maxAge = 30 * 86_400_000;
    await seeOther(req, res, "/cart");
  });
  router.get("/flashes", (req, res) => void res.json(takeFlashes(req)));
}

/** A visitor's browser: it keeps the cookie. */
function createVisitor(app: ReturnType<typeof createTestApp>["app"]) {
  let cookie: string | undefined;
  const keep = (res: Response): Response => {
    const [set] = (res.headers["set-cookie"] as unknown as string[] | undefined) ?? [];
    cookie = set?.split(";")[0] ?? cookie;
    return res;
  };
  const send = async (method: "get" | "post", path: string, headers: object = {}) => {
    const own = cookie !== undefined && { Cookie: cookie };
    const test = request(app)[method](path);
    return keep(await test.set({ ...own, ...headers }));
  };
  return {
    get: (path: string, headers?: object) => send("get", path, headers),
    post: (path: string, headers?: object) => send("post", path, headers),
    cookie: () => cookie,
    take: (other: string | undefined) => void (cookie = other),
  };
}

interface Place {
  options: () => Parameters<typeof createSessions>[0];
  /** How many sessions are stored. */
  count: () => Promise<number>;
  /** Lets all stored sessions expire. */
  expire: () => Promise<unknown>;
  /** How long the only one is kept, in milliseconds. */
  leftMs: () => Promise<number>;
  /** Lets the only one be kept for that long. */
  keepFor: (ms: number) => Promise<unknown>;
  /** Makes the store unreachable, or reachable again. */
  setAway: (isAway: boolean) => void;
}

function behavesAsSessions(place: Place): void {
  const appOf = (more: object = {}, trustProxy = 0) =>
    createTestApp(define, {
      middleware: [createSessions({ ...place.options(), ...more })],
      trustProxy,
    });
  afterEach(() => place.setAway(false));

  it("keeps what is stored, by a cookie that no script and no other site can use", async () => {
    const visitor = createVisitor(appOf().app);
    const { headers } = await visitor.post("/cart?of=rope");
    expect(headers["set-cookie"]).toEqual([
      expect.stringMatching(
        /^shop-web\.session=s%3A[\w%.-]{76,200}; Path=\/; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    const again = await visitor.get("/cart");
    expect([again.body, again.headers["set-cookie"]]).toEqual(["rope", undefined]);
  });

  it("stores nothing for a visitor of whom nothing is known", async () => {
    const visitor = createVisitor(appOf().app);
    const before = await place.count();
    const res = await visitor.post("/notes/new");
    expect([res.status, res.headers["set-cookie"]]).toEqual([303, undefined]);
    expect(await place.count()).toBe(before);
  });

  it("sends a Secure cookie if a trusted proxy got the request by https", async () => {
    const https = { "X-Forwarded-Proto": "https" };
    const cookieOf = async (trustProxy: number) =>
      (await createVisitor(appOf({}, trustProxy).app).post("/cart?of=x", https)).headers[
        "set-cookie"
      ] as unknown as string[];
    expect((await cookieOf(1))[0]).toContain("; HttpOnly; Secure; SameSite=Lax");
    expect((await cookieOf(0))[0]).not.toContain("Secure");
  });

  it("finds its cookie among 8 kB of others", async () => {
    const visitor = createVisitor(appOf().app);
    await visitor.post("/cart?of=rope");
    const others = Array.from({ length: 8 }, (_, i) => `other${i}=${"x".repeat(1000)}`);
    const Cookie = [...others, visitor.cookie()].join("; ");
    expect((await visitor.get("/cart", { Cookie })).body).toBe("rope");
  });

  it("takes no cookie that it has not signed", async () => {
    const visitor = createVisitor(appOf().app);
    await visitor.post("/cart?of=rope");
    const own = visitor.cookie() ?? "";
    for (const forged of [
      own.replace(/\.([^.]*)$/, ".x$1"),
      own.replace("s%3A", ""),
      own.replace(/(s%3A.)[^.]*/, "$1"),
      "shop-web.session=s%3A%00.%ff",
      "shop-web.session=",
    ]) {
      visitor.take(forged);
      expect((await visitor.get("/cart")).body).toBeNull();
    }
  });

  it("replaces the id at sign-in, so that a planted one is worth nothing", async () => {
    const { app } = appOf();
    const attacker = createVisitor(app);
    await attacker.post("/cart?of=planted");
    const victim = createVisitor(app);
    victim.take(attacker.cookie());
    const res = await victim.post("/sign-in");
    expect([res.status, res.headers.location]).toEqual([303, "./cart"]);
    expect(victim.cookie()).not.toBe(attacker.cookie());
    expect((await victim.get("/cart")).body).toBe("Ann's");
    expect((await attacker.get("/cart")).body).toBeNull();
  });

  it("ends a session for good, even while a slow request uses it", async () => {
    const visitor = createVisitor(appOf().app);
    await visitor.post("/cart?of=rope");
    meanwhile = () => visitor.post("/sign-out");
    expect((await visitor.post("/slow")).status).toBe(200);
    expect((await visitor.get("/cart")).body).toBeNull();
  });

  it("signs with the newest secret, and takes the older ones", async () => {
    const visitor = createVisitor(appOf().app);
    await visitor.post("/cart?of=rope");
    const old = visitor.cookie();
    const rotating = createVisitor(appOf({ secrets: [NEWER, SECRET] }).app);
    rotating.take(old);
    expect((await rotating.get("/cart")).body).toBe("rope");
    expect(rotating.cookie()).not.toBe(old);
    const rotated = createVisitor(appOf({ secrets: [NEWER] }).app);
    rotated.take(old);
    expect((await rotated.get("/cart")).body).toBeNull();
    rotated.take(rotating.cookie());
    expect((await rotated.get("/cart")).body).toBe("rope");
  });

  it("forgets a session that has expired", async () => {
    const visitor = createVisitor(appOf().app);
    await visitor.post("/cart?of=rope");
    await place.expire();
    expect((await visitor.get("/cart")).body).toBeNull();
  });

  it("keeps a session that is in use, without a write for each request", async () => {
    await place.expire();
    const idleMs = 1_000_000;
    const visitor = createVisitor(appOf({ idleMs }).app);
    await visitor.post("/cart?of=rope");
    expect(await place.leftMs()).toBeGreaterThan(idleMs * 0.9);
    await place.keepFor(idleMs * 0.95);
    await visitor.get("/cart");
    expect(await place.leftMs()).toBeLessThanOrEqual(idleMs * 0.95);
    await place.keepFor(idleMs * 0.8);
    await visitor.get("/cart");
    expect(await place.leftMs()).toBeGreaterThan(idleMs * 0.95);
  });

  it("keeps one as long as its cookie, if that says so", async () => {
    await place.expire();
    const visitor = createVisitor(appOf().app);
    const { headers } = await visitor.post("/remember");
    expect(String(headers["set-cookie"])).toMatch(/; Expires=[^;]+ GMT; HttpOnly/);
    expect(await place.leftMs()).toBeGreaterThan(29 * 86_400_000);
    await place.keepFor(20 * 86_400_000);
    await visitor.get("/cart");
    expect(await place.leftMs()).toBeGreaterThan(29 * 86_400_000);
  });

  it("shows messages once, after a redirect that works behind a prefix", async () => {
    const visitor = createVisitor(appOf().app);
    const res = await visitor.post("/notes/new?says=Saved.");
    expect([res.status, res.headers.location]).toEqual([303, "../flashes"]);
    expect((await visitor.get("/flashes")).body).toEqual([{ kind: "info", text: "Saved." }]);
    expect((await visitor.get("/flashes")).body).toEqual([]);
  });

  it("keeps the last ten messages, and any text", async () => {
    const visitor = createVisitor(appOf().app);
    const says = encodeURIComponent("\0<b>'");
    for (let i = 0; i < 12; i++) await visitor.post(`/notes/new?says=${says}${i}`);
    const messages = (await visitor.get("/flashes")).body as { text: string }[];
    expect(messages.map(({ text }) => text)).toEqual(
      Array.from({ length: 10 }, (_, i) => `\ufffd<b>'${i + 2}`),
    );
  });

  it("cuts a long message", async () => {
    const visitor = createVisitor(appOf().app);
    await visitor.post(`/notes/new?says=${"x".repeat(2000)}`);
    expect((await visitor.get("/flashes")).body).toMatchObject([{ text: "x".repeat(1000) }]);
  });

  it("responds 500 instead of storing a session that is too large", async () => {
    const { app, log } = appOf();
    const res = await createVisitor(app).post("/large");
    expect([res.status, res.headers["set-cookie"]]).toEqual([500, undefined]);
    expect(log.filter(({ level }) => level === "error")).toMatchObject([
      { err: { message: expect.stringMatching(/^The session has 70\d{3} characters/) as string } },
    ]);
  });

  it("responds 503 while the store is away, but to visitors without a cookie", async () => {
    const { app } = appOf();
    const visitor = createVisitor(app);
    await visitor.post("/cart?of=rope");
    place.setAway(true);
    const res = await visitor.get("/cart");
    expect([res.status, res.headers["retry-after"]]).toEqual([503, "5"]);
    expect(JSON.parse(res.text)).toEqual(
      problem(503, "Service Unavailable", {
        detail: expect.stringMatching(/^The (database|redis) is not available/) as string,
      }),
    );
    expect((await createVisitor(app).get("/cart")).body).toBeNull();
    place.setAway(false);
    expect((await visitor.get("/cart")).body).toBe("rope");
  });

  it("responds 503 to a form whose session cannot be stored, without a cookie", async () => {
    const visitor = createVisitor(appOf().app);
    place.setAway(true);
    for (const path of ["/notes/new?says=Saved.", "/sign-in"]) {
      const res = await visitor.post(path);
      expect([res.status, res.headers["set-cookie"], res.headers.location]).toEqual([
        503,
        undefined,
        undefined,
      ]);
    }
  });
}

const NAME = "@shop/web";

describe("sessions in PostgreSQL", () => {
  let postgres: TestPostgres;
  let [live, dead, current]: Database[] = [];
  beforeAll(async () => {
    postgres = await startTestPostgres();
    live = current = attach(postgres.url, 60_000);
    dead = attach("postgres://user@127.0.0.1:1/absent", 60_000);
    const page = readFileSync(join(__dirname, "../../../../docs/pages.md"), "utf8");
    const sql = /```sql\n(CREATE TABLE sessions .*?)```/s.exec(page)?.[1] ?? "";
    for (const statement of sql.split(";").filter((text) => text.trim()))
      await live.query(statement);
  });
  afterAll(async () => {
    await live?.close();
    await dead?.close();
    await postgres.stop();
  });
  const query: Database["query"] = (...args) => (current as Database).query(...args);
  const oneOf = async <Row extends object>(text: string, values?: unknown[]) =>
    (await (live as Database).query<Row>(text, values))[0] as Row;
  const count = async () =>
    (await oneOf<{ count: number }>("SELECT count(*)::int AS count FROM sessions")).count;
  const expire = () => oneOf("UPDATE sessions SET expires_at = now()");

  behavesAsSessions({
    options: () => ({ database: { query }, secrets: [SECRET], name: NAME }),
    count,
    expire,
    leftMs: async () =>
      (
        await oneOf<{ ms: number }>(
          `SELECT (extract(epoch FROM max(expires_at) - now()) * 1000)::float8 AS ms FROM sessions`,
        )
      ).ms,
    keepFor: (ms) =>
      oneOf(
        "UPDATE sessions SET expires_at = now() + $1 * interval '1 ms' WHERE expires_at > now()",
        [ms],
      ),
    setAway: (isAway) => void (current = isAway ? dead : live),
  });

  it("stores nothing that a statement cannot read", async () => {
    await oneOf("DELETE FROM sessions");
    const sessions = createSessions({ database: { query }, secrets: [SECRET], name: NAME });
    await request(createTestApp(define, { middleware: [sessions] }).app).post("/remember");
    expect(await oneOf("SELECT data->>'cart' AS cart FROM sessions")).toEqual({
      cart: "half a character \ufffd, and NUL \ufffd",
    });
  });

  it("removes expired sessions, once a minute", async () => {
    let now = 0;
    const swept: Promise<unknown>[] = [];
    const records = recordsInDatabase(
      {
        query: (text, values) => {
          const result = query(text, values);
          if (text.startsWith("DELETE")) swept.push(result);
          return result;
        },
      },
      () => now,
    );
    await oneOf("DELETE FROM sessions");
    const create = (id: string) => records.create(id, "{}", 1000);
    await create("first");
    await expire();
    await create("second");
    expect(swept).toHaveLength(1);
    now = 60_000;
    await create("third");
    expect(swept).toHaveLength(2);
    await Promise.all(swept);
    expect(await live?.query("SELECT id FROM sessions ORDER BY id")).toEqual([
      { id: "second" },
      { id: "third" },
    ]);
  });
});

describeWithRedis("sessions in Redis", () => {
  let server: TestRedis;
  let [live, dead, current]: Redis[] = [];
  beforeAll(async () => {
    server = await createTestRedis();
    await server.start();
    const { logger } = createTestLogger();
    live = current = createRedis({ url: server.url, logger });
    // Its connection is closed. One that has never been open would keep a timer.
    dead = createRedis({ url: server.url, logger });
    for (const redis of [live, dead]) {
      while ((await redis.send("PING").catch(() => undefined)) !== "PONG");
    }
    await dead.close();
  });
  afterAll(async () => {
    await live?.close();
    await server.stop();
  });
  const keys = async () => (await live?.send("KEYS", "@shop/web:session:*")) as string[];
  const eachKey = async (command: string, ...args: number[]) => {
    const replies = [];
    for (const key of await keys()) replies.push(await live?.send(command, key, ...args));
    return replies;
  };

  behavesAsSessions({
    options: () => ({
      redis: { send: (...args) => (current as Redis).send(...args) },
      secrets: [SECRET],
      name: NAME,
    }),
    count: async () => (await keys()).length,
    expire: () => eachKey("PEXPIRE", 0),
    leftMs: async () => Number((await eachKey("PTTL"))[0]),
    keepFor: (ms) => eachKey("PEXPIRE", ms),
    setAway: (isAway) => void (current = isAway ? dead : live),
  });
});

describe("createSessions", () => {
  const database = { query: () => Promise.resolve([]) };

  it("refuses short secrets, and a Redis that is not attached", () => {
    const make = (secrets: string[]) => () => createSessions({ database, secrets, name: "x" });
    expect(make([])).toThrow("secrets: expected some of 32 characters or more");
    expect(make([SECRET, "short"])).toThrow("secrets: expected some of 32 characters or more");
    expect(() => createSessions({ redis: undefined, secrets: [SECRET], name: "x" })).toThrow(
      "Sessions have no place: set REDIS_URL, or pass a database.",
    );
  });

  it("is named by what needs it", async () => {
    const { app, log } = createTestApp(define);
    expect((await request(app).post("/sign-in")).status).toBe(500);
    expect(log.find(({ level }) => level === "error")).toMatchObject({
      err: { message: "The request has no session: add createSessions(…) before this route." },
    });
  });
});

describe("SESSION_SECRET", () => {
  const read = (value?: string) =>
    readEnvironment(sessionVariables, { SESSION_SECRET: value }).SESSION_SECRET;

  it("is one secret, or several", () => {
    expect(read(SECRET)).toEqual([SECRET]);
    expect(read(`${NEWER}, ${SECRET}`)).toEqual([NEWER, SECRET]);
  });

  it.each([undefined, "", "short", `${SECRET},`, `${SECRET},short`])(
    "is refused as %j, without showing it",
    (value) => {
      expect(() => read(value)).toThrow(
        /^SESSION_SECRET: expected 32 random characters or more, .*; it(s value)? is not (set|shown)/,
      );
    },
  );
});
