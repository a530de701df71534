// The embedded PostgreSQL, used with pg as by an application.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, Pool } from "pg";
import { type EmbeddedPostgres, spawnEmbeddedPostgres } from "berth/testing";
import { provideClients } from "../embedded-postgres/clients";

describe("the embedded PostgreSQL, in memory", () => {
  let postgres: EmbeddedPostgres;
  const newClient = provideClients(() => postgres.url);

  beforeAll(async () => {
    postgres = await spawnEmbeddedPostgres({ DATA_DIR: "memory://" });
  });
  afterAll(async () => {
    await postgres.stop("SIGTERM");
  });

  it("gives each of 20 connections its own results, however long the parameters", async () => {
    const pool = new Pool({ connectionString: postgres.url, max: 20 });
    const ask = async (n: number) => {
      const parameter = `${n} `.padEnd(200_000, "x");
      const sql = `SELECT length($1::text) AS length, left($1, 3) || '${n}' AS own`;
      const { rows } = await pool.query<{ length: number; own: string }>(sql, [parameter]);
      return rows;
    };
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    const results = await Promise.all(numbers.map(ask)).finally(() => pool.end());
    expect(results).toEqual(
      numbers.map((n) => [{ length: 200_000, own: `${n} xx`.slice(0, 3) + n }]),
    );
  });

  it("isolates a transaction from other connections", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("CREATE TABLE isolated (name text)");
    await one.query("BEGIN");
    await one.query("INSERT INTO isolated VALUES ('one')");
    const inserted = two.query("INSERT INTO isolated VALUES ('two')");
    // The results that the other connection would have seen if it had not waited.
    for (let n = 0; n < 20; n += 1) await one.query("SELECT 1");
    await one.query("ROLLBACK");
    await inserted;
    expect((await one.query("SELECT name FROM isolated")).rows).toEqual([{ name: "two" }]);
  });

  it("rolls back the transaction of a connection that breaks", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query("CREATE TABLE broken (name text)");
    await one.query("BEGIN");
    await one.query("INSERT INTO broken VALUES ('one')");
    const result = two.query("SELECT name FROM broken");
    streamOf(one).resetAndDestroy();
    expect((await result).rows).toEqual([]);
  });

  it("reports an error to its connection only, and goes on", async () => {
    const [one, two] = [await newClient(), await newClient()];
    const [failed, succeeded] = await Promise.allSettled([
      one.query("SELECT 1 / $1::int", [0]),
      two.query("SELECT $1::int AS number", [2]),
    ]);
    expect(failed).toMatchObject({ status: "rejected", reason: { code: "22012" } });
    expect(succeeded).toMatchObject({ value: { rows: [{ number: 2 }] } });
    await expect(one.query("SELEC 1")).rejects.toMatchObject({ code: "42601" });
    expect((await one.query("SELECT $1::int AS number", [3])).rows).toEqual([{ number: 3 }]);
  });

  it("separates prepared statements of the same name", async () => {
    const [one, two] = [await newClient(), await newClient()];
    await one.query({ name: "same", text: "SELECT 'one' AS own" });
    await two.query({ name: "same", text: "SELECT 'two' AS own" });
    const again = await one.query({ name: "same", text: "SELECT 'one' AS own" });
    expect(again.rows).toEqual([{ own: "one" }]);
  });

  it("discards the settings of connections once all have disconnected", async () => {
    const one = await newClient();
    await one.query("SET application_name = 'left over'");
    await one.end();
    const two = await newClient();
    expect((await two.query("SHOW application_name")).rows).toEqual([{ application_name: "" }]);
  });

  it("rejects COPY FROM STDIN, and goes on", async () => {
    const one = await newClient();
    await one.query("CREATE TABLE copied (name text)");
    await expect(one.query("COPY copied FROM STDIN")).rejects.toMatchObject({ code: "57014" });
    expect((await one.query("SELECT $1::int AS number", [1])).rows).toEqual([{ number: 1 }]);
  });

  it("rejects clients of another database, and says whose database it is", async () => {
    const elsewhere = new URL(postgres.url);
    elsewhere.pathname = "/other_1a2b3c4d";
    await expect(query(elsewhere.href, "SELECT 1")).rejects.toMatchObject({
      code: "3D000",
      message:
        `database "other_1a2b3c4d" does not exist: this is ${postgres.url}, the development database of ` +
        `${process.cwd()}; start your own on other ports with npm run dev -- -p PORT`,
    });
  });

  it("uses the user's name as the database name by default, as PostgreSQL does", async () => {
    const { hostname, port } = new URL(postgres.url);
    const startup = "\0\0\0\x12\0\x03\0\0user\0ann\0\0";
    const socket = connect(Number(port), hostname).end(startup, "latin1").setEncoding("latin1");
    let response = "";
    for await (const chunk of socket) response += chunk;
    expect(response).toContain('database "ann" does not exist');
  });

  const startup = "\0\0\0\x1b\0\x03\0\0database\0postgres\0\0";
  it.each([
    ["HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["an unknown message type", `${startup}y\0\0\0\x04`],
    ["half a message", `${startup}Q\0\0`],
    ["a startup message that is cut off", "\0\0\0\x12\0\x03\0\0user\0ann\0"],
  ])("closes a connection that sends %s, and serves the others", async (_name, bytes) => {
    const { hostname, port } = new URL(postgres.url);
    const socket = connect(Number(port), hostname);
    socket.end(bytes, "latin1").resume();
    await once(socket, "close");
    const one = await newClient();
    expect((await one.query("SELECT 1 AS number")).rows).toEqual([{ number: 1 }]);
  });
});

describe("the embedded PostgreSQL, in a directory", () => {
  let directory: string;
  let running: EmbeddedPostgres[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "embedded-postgres-"));
  });
  afterEach(async () => {
    await Promise.all(running.map((postgres) => postgres.stop("SIGKILL")));
    running = [];
    await rm(directory, { recursive: true });
  });

  async function start(env: NodeJS.ProcessEnv = {}): Promise<EmbeddedPostgres> {
    const postgres = await spawnEmbeddedPostgres({ DATA_DIR: join(directory, "data"), ...env });
    running.push(postgres);
    return postgres;
  }

  it("keeps the data after SIGTERM and SIGKILL", async () => {
    for (const [signal, exit] of [
      ["SIGTERM", { code: 0, signal: null }],
      ["SIGKILL", { code: null, signal: "SIGKILL" }],
    ] as const) {
      const postgres = await start();
      await query(postgres.url, "CREATE TABLE IF NOT EXISTS kept (name text)");
      await query(postgres.url, `INSERT INTO kept VALUES ('${signal}')`);
      expect(await postgres.stop(signal)).toEqual(exit);
    }
    const { url } = await start();
    expect(await query(url, "SELECT name FROM kept")).toEqual([
      { name: "SIGTERM" },
      { name: "SIGKILL" },
    ]);
  });

  it("keeps extensions after a restart", async () => {
    const first = await start();
    await query(first.url, "CREATE EXTENSION citext; CREATE TABLE users (email citext UNIQUE)");
    await query(first.url, "INSERT INTO users VALUES ('Ada@example.com')");
    await first.stop("SIGTERM");
    const { url } = await start();
    const found = await query(url, "SELECT email FROM users WHERE email = 'ada@example.com'");
    expect(found).toEqual([{ email: "Ada@example.com" }]);
  });

  it("stops on SIGTERM despite open transactions, and tells clients why", async () => {
    const postgres = await start();
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query("BEGIN");
    const errors: Error[] = [];
    client.on("error", (err) => errors.push(err));
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    expect(await postgres.stop("SIGTERM")).toEqual({ code: 0, signal: null });
    await ended;
    expect(errors[0]).toMatchObject({ code: "57P01" });
  });

  it("rejects a directory that another process uses", async () => {
    await start();
    await expect(start()).rejects.toThrow(/exit 1: .*in use by process \d+.*set DATA_DIR/s);
  });

  it("rejects a directory with other files", async () => {
    await writeFile(join(directory, "letter.txt"), "Dear reader");
    await expect(start({ DATA_DIR: directory })).rejects.toThrow(/exit 1: .*set DATA_DIR/s);
  });

  it("rejects a port in use", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const PORT = String((taken.address() as AddressInfo).port);
    const refused = expect(start({ PORT, DATA_DIR: "memory://" })).rejects;
    await refused.toThrow(/exit 1: .*EADDRINUSE.*set another PORT/s);
    taken.close();
  });

  it("stops with its parent, such as a test that fails before it stops the server", async () => {
    const support = require.resolve("berth/testing");
    const forgetful = `require(${JSON.stringify(support)}).spawnEmbeddedPostgres({ DATA_DIR: "memory://" }).then(() => console.log("started"))`;
    const args = ["--eval", forgetful];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    expect(stdout).toBe("started\n");
  });

  it.each(["abc", "-1", "70000", "", "1e4"])("rejects PORT=%j", async (PORT) => {
    await expect(start({ PORT })).rejects.toThrow(/exit 1: .*PORT must be/s);
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql).finally(() => client.end());
  return rows;
}

/** The socket of a client, to break it as a crash would. */
function streamOf(client: Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
