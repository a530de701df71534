import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Express } from "express";
import request from "supertest";
import { createIdempotencyKeys } from "../../src/postgres/idempotency-keys";
import type { Database } from "../../src/postgres/database";
import { jsonBody } from "../../src/http/body";
import { idempotent } from "../../src/http/idempotent";
import { Problem } from "../../src/request/problem";
import { createTestApp, problem } from "../../src/testing/app";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { attach } from "../support/database";

let postgres: TestPostgres;
let database: Database;
let app: Express;
/** What the work for a boat waits for, or how it fails; it may return a different response body. */
let meanwhile: () => Promise<void> | void | object;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = attach(postgres.url, 60_000);
  await database.query(`CREATE TABLE boats (name text)`);
  for (const statement of documentedTable()) await database.query(statement);
  const once = createIdempotencyKeys(database);
  ({ app } = createTestApp(
    (router) =>
      router.post("/boats", async (req, res) => {
        const { name } = req.body as { name: string };
        const client = clientOf(req.get("Authorization"));
        const work = async (tx: Pick<Database, "query">) => {
          await tx.query("INSERT INTO boats VALUES ($1)", [name]);
          const other = await meanwhile();
          return { status: 201, headers: { Location: `/boats/${name}` }, body: { name }, ...other };
        };
        await idempotent(once, req, res, work, { client });
      }),
    { middleware: [jsonBody()] },
  ));
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});
beforeEach(async () => {
  meanwhile = () => undefined;
  await database.query("DELETE FROM boats");
  await database.query("DELETE FROM idempotency_keys");
});

/** Ids that are not valid in a header. */
const CLIENTS: Readonly<Record<string, string>> = {
  long: "x".repeat(3000),
  longer: "x".repeat(3001),
  nul: "a\0b",
  "half a character": "\ud800",
  "another half": "\udfff",
};
const clientOf = (header = ""): string => CLIENTS[header] ?? header;

/** The table as docs/idempotency.md shows it. */
function documentedTable(): string[] {
  const page = readFileSync(join(__dirname, "../../../../docs/idempotency.md"), "utf8");
  const sql = /```sql\n(CREATE TABLE idempotency_keys .*?)```/s.exec(page)?.[1] ?? "";
  return sql.split(";").filter((statement) => statement.trim());
}

const post = (key: string | undefined, name: string, headers = {}) =>
  request(app)
    .post("/boats")
    .set({ ...(key && { "Idempotency-Key": key }), ...headers })
    .send({ name });
const boats = async () =>
  (await database.query<{ name: string }>("SELECT name FROM boats ORDER BY name")).map(
    ({ name }) => name,
  );

describe("a request with an idempotency key", () => {
  it("runs once, and gets the same response again, with its key quoted or not", async () => {
    const first = await post('"k"', "Ada");
    const again = await post("k", "Ada");
    expect([first.status, first.headers.location, first.text]).toEqual([
      201,
      "/boats/Ada",
      '{"name":"Ada"}',
    ]);
    expect([again.status, again.headers.location, again.text]).toEqual([
      201,
      "/boats/Ada",
      '{"name":"Ada"}',
    ]);
    expect(again.type).toBe(first.type);
    expect([first, again].map(({ headers }) => headers["idempotent-replayed"] as unknown)).toEqual([
      undefined,
      "true",
    ]);
    expect(await boats()).toEqual(["Ada"]);
  });

  it("responds 422 when the key was used for a different request", async () => {
    await post("k", "Ada");
    const res = await post("k", "Bob");
    expect([res.status, JSON.parse(res.text)]).toEqual([
      422,
      problem(422, "Unprocessable Entity", {
        detail: "This Idempotency-Key was used for a different request: use a new one.",
      }),
    ]);
    expect((await post("k", "Bob", { Authorization: "another" })).status).toBe(201);
    expect(await boats()).toEqual(["Ada", "Bob"]);
  });

  it("does not share a key with another client whose name contains colons or spaces", async () => {
    await post("b:c", "Ada", { Authorization: "a" });
    await post("c", "Ada", { Authorization: "a:b" });
    await post("c", "Ada", { Authorization: "b a" });
    expect(await boats()).toEqual(["Ada", "Ada", "Ada"]);
  });

  it("separates the keys of clients, whatever their ids are", async () => {
    const ids = Object.keys(CLIENTS);
    for (const client of ids) {
      const headers = { Authorization: client };
      const responses = [await post("k", "Ada", headers), await post("k", "Ada", headers)];
      expect([client, ...responses.map(({ status }) => status)]).toEqual([client, 201, 201]);
    }
    expect(await boats()).toHaveLength(ids.length);
    const keys = await database.query<{ key: string }>("SELECT key FROM idempotency_keys");
    for (const { key } of keys) expect(key).toMatch(/^k [\w+/]{43}=$/);
  });

  it.each([
    ["a header's value", { headers: { "X-Name": "a\nb" } }],
    ["a character", { headers: { "X-Name": "\u{1f6a2}" } }],
    ["a header's name", { headers: { "X Name": "a" } }],
    ["a header without a value", { headers: { "X-Name": undefined } }],
    ["a header that needs another body", { headers: { Trailer: "X-Name" } }],
    ["a status", { status: 1000 }],
    ["a body", { body: { count: 1n } }],
  ])("frees its key when its response cannot be sent: %s", async (_what, other) => {
    meanwhile = () => other;
    expect((await post("k", "Ada")).status).toBe(500);
    expect(await boats()).toEqual([]);
    meanwhile = () => undefined;
    const res = await post("k", "Ada");
    expect([res.status, res.headers["idempotent-replayed"]]).toEqual([201, undefined]);
    expect(await boats()).toEqual(["Ada"]);
  });

  it("responds 409 while the first one is in progress", async () => {
    const other = attach(postgres.url, 60_000);
    const lock = (how: string) =>
      other.query(`SELECT pg_advisory_${how}(hashtextextended('idempotency:k ', 0))`);
    await lock("lock");
    const res = await post("k", "Ada");
    expect([res.status, res.headers["retry-after"], JSON.parse(res.text)]).toEqual([
      409,
      "1",
      problem(409, "Conflict", {
        detail: "A request with this Idempotency-Key is still in progress: retry for its response.",
      }),
    ]);
    await lock("unlock");
    expect((await post("k", "Ada")).status).toBe(201);
    await other.close();
  });

  it("frees its key and rolls back when its work fails", async () => {
    meanwhile = () => {
      throw new Problem(503, "Not now.");
    };
    expect((await post("k", "Ada")).status).toBe(503);
    expect(await boats()).toEqual([]);
    meanwhile = () => undefined;
    expect((await post("k", "Ada")).status).toBe(201);
    expect(await boats()).toEqual(["Ada"]);
  });

  it("counts as new when its response is a day old, and expired keys are deleted", async () => {
    await post("k", "Ada");
    await post("old", "Bob");
    await database.query("UPDATE idempotency_keys SET created_at = now() - interval '1 day'");
    // The keys of another process: each process sweeps at its first request.
    const once = createIdempotencyKeys(database);
    const response = { status: 204 };
    const request = { key: "k ", fingerprint: "f" };
    expect(await once(request, () => Promise.resolve(response))).toEqual({
      response,
      isRepeated: false,
    });
    while ((await database.query("SELECT 1 FROM idempotency_keys")).length > 1);
    expect(await database.query("SELECT key, response FROM idempotency_keys")).toEqual([
      { key: "k ", response },
    ]);
  });

  it.each([["two words"], ["x".repeat(256)], ['"open'], ["é"]])(
    "responds 400 when its key is malformed: %j",
    async (key) => {
      const res = await post(key, "Ada");
      expect([res.status, res.type]).toEqual([400, "application/problem+json"]);
      expect(await boats()).toEqual([]);
    },
  );

  it("can run a transaction in its work, with or without a key", async () => {
    const once = createIdempotencyKeys(database);
    const both = (request?: { key: string; fingerprint: string }) =>
      once(request, async (db) => {
        await db.transaction(async (tx) => {
          await tx.query("INSERT INTO boats VALUES ('Ada')");
          await tx.query("INSERT INTO boats VALUES (1 / 0)");
        });
        return { status: 204 };
      });
    await expect(both()).rejects.toThrow(/division by zero/);
    await expect(both({ key: "k ", fingerprint: "f" })).rejects.toThrow(/division by zero/);
    expect(await boats()).toEqual([]);
  });

  it("runs each time without a key", async () => {
    await post(undefined, "Ada");
    await post(undefined, "Ada");
    expect(await boats()).toEqual(["Ada", "Ada"]);
    expect(await database.query("SELECT 1 FROM idempotency_keys")).toEqual([]);
  });
});
