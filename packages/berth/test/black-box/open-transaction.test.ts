import type { Database } from "../../src/postgres/database";
import { attach } from "../support/database";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { type TestServer } from "../../src/testing/process";
import { startServer } from "../support/server";
import { connectRaw, type RawClient } from "../../src/testing/raw-client";

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = attach(postgres.url, 60_000);
  await database.query("CREATE TABLE boats (name text)");
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

let server: TestServer;
let client: RawClient;
afterEach(() => server.stop());

/** Starts a server; resolves when it is in a transaction that has changed a row, which ends when `}` is sent. */
async function openTransaction(env: Record<string, string> = {}): Promise<void> {
  await database.query("DELETE FROM boats");
  await database.query("INSERT INTO boats VALUES ('as before')");
  const patience = { DATABASE_CONNECT_TIMEOUT_MS: "60000", DATABASE_STATEMENT_TIMEOUT_MS: "60000" };
  server = await startServer({ DATABASE_URL: postgres.url, ...patience, ...env });
  client = await connectRaw(server.port);
  client.socket.write("POST /boats HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{");
  await server.line(/in a transaction/);
}

/** Waits for the lock of the row. */
const takeRow = () => database.query("UPDATE boats SET name = name RETURNING name");

describe("an open transaction", () => {
  it("is committed while its process drains", async () => {
    await openTransaction({ SHUTDOWN_TIMEOUT_MS: "60000" });
    server.child.kill("SIGTERM");
    await server.line(/draining/);
    client.socket.write("}");
    await client.until(/^HTTP\/1\.1 204 /);
    expect(await server.exit).toBe(0);
    expect(await takeRow()).toEqual([{ name: "renamed" }]);
  });

  it("is rolled back if it does not end within the shutdown timeout", async () => {
    await openTransaction({ SHUTDOWN_TIMEOUT_MS: "200" });
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(1);
    expect(await takeRow()).toEqual([{ name: "as before" }]);
  });

  it("leaves neither rows nor locks if its process is killed", async () => {
    await openTransaction();
    server.child.kill("SIGKILL");
    expect(await server.exit).toBe("SIGKILL");
    expect(await takeRow()).toEqual([{ name: "as before" }]);
  });
});
