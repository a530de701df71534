import type { DatabaseOptions } from "../../src/postgres/database";
import { createDatabase } from "../../src/postgres/database";
import { createTestLogger } from "../../src/testing/app";
import { type Behaviour, type FakePostgres, startFakePostgres } from "../support/fake-postgres";

const fakes: FakePostgres[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.close();
});

/** A server that responds with its name and its session attributes. */
async function start(name: string, role: "primary" | "standby", given: Partial<Behaviour> = {}) {
  const fake = await startFakePostgres({
    respond: (sql) => {
      if (sql === "SELECT name") return [{ value: name }];
      const isStandby = role === "standby";
      const isWanted = /= 'on'|WHERE pg_is_in_recovery/.test(sql) ? isStandby : !isStandby;
      return isWanted ? [{ value: "t" }] : [];
    },
    ...given,
  });
  fakes.push(fake);
  return fake;
}

/** The name of the server that responds, or the reason why none does. */
async function ask(parameters: string, ports: number[], options: Partial<DatabaseOptions> = {}) {
  const database = createDatabase({
    url: `postgres://user:hunter2@${ports.map((port) => `localhost:${port}`).join(",")}/db?${parameters}`,
    poolSize: 1,
    connectTimeoutMs: 5000,
    statementTimeoutMs: 5000,
    logger: createTestLogger().logger,
    ...options,
  });
  try {
    const [row] = await database.query<{ value: string }>("SELECT name");
    return row?.value;
  } catch (err) {
    return ((err as Error).cause as Error).message;
  } finally {
    await database.close();
  }
}

describe("a database behind a pooler", () => {
  it("is attached without the settings that the pooler refuses, and logs the consequence of each once", async () => {
    const refusedSettings = ["IntervalStyle", "extra_float_digits", "statement_timeout"];
    const pooler = await start("pooler", "primary", { refusedSettings });
    const { logger, log } = createTestLogger();
    expect(await ask("", [pooler.port], { logger })).toBe("pooler");
    expect(pooler.startups()).toBe(4);
    expect(log.map(({ level, msg }) => [level, msg])).toEqual(
      refusedSettings.map((name): unknown[] => [
        "info",
        expect.stringMatching(new RegExp(`does not support ${name}: .*the database user`)),
      ]),
    );
  });
});

describe("a database with several hosts", () => {
  it("uses the first available host", async () => {
    const [a, b] = [await start("a", "primary"), await start("b", "primary")];
    expect(await ask("", [a.port, b.port])).toBe("a");
    expect(await ask("", [1, b.port, a.port])).toBe("b");
  });

  it("skips a host that is starting, full, or silent", async () => {
    const starting = await start("a", "primary", { greeting: { sqlState: "57P03" } });
    const full = await start("b", "primary", { greeting: { sqlState: "53300" } });
    const silent = await start("c", "primary", { greeting: "silence" });
    const last = await start("d", "primary");
    const ports = [starting, full, silent, last].map(({ port }) => port);
    expect(await ask("", ports, { connectTimeoutMs: 10_000 })).toBe("d");
  });

  it("reports for each host why it cannot be used, without the password", async () => {
    const refusing = await start("a", "primary", { greeting: { sqlState: "28P01" } });
    const reason = await ask("", [1, refusing.port]);
    expect(reason).toMatch(
      /^no host can be used: localhost:1 \(tls\): .*ECONNREFUSED.*; localhost:\d+ \(plain text\): 28P01$/,
    );
    expect(reason).not.toContain("hunter2");
  });

  it.each([
    ["any", "standby"],
    ["read-write", "primary"],
    ["primary", "primary"],
    ["read-only", "standby"],
    ["standby", "standby"],
    ["prefer-standby", "standby"],
  ])(
    "uses for target_session_attrs=%s the first matching host: %s",
    async (attributes, expected) => {
      const standby = await start("standby", "standby");
      const primary = await start("primary", "primary");
      const parameters = `target_session_attrs=${attributes}`;
      expect(await ask(parameters, [standby.port, primary.port])).toBe(expected);
      if (attributes !== "any")
        expect(await ask(parameters, [primary.port, standby.port])).toBe(expected);
    },
  );

  it("uses any host when a standby is preferred, and none when it is required", async () => {
    const { port } = await start("primary", "primary");
    expect(await ask("target_session_attrs=prefer-standby", [port])).toBe("primary");
    expect(await ask("target_session_attrs=standby", [port])).toBe("the server is not standby");
  });

  it("switches to the new primary when the old one has become a replica", async () => {
    const [a, b] = [await start("a", "primary"), await start("b", "standby")];
    const database = createDatabase({
      url: `postgres://user@localhost:${a.port},localhost:${b.port}/db?target_session_attrs=read-write`,
      poolSize: 2,
      connectTimeoutMs: 5000,
      statementTimeoutMs: 5000,
      logger: createTestLogger().logger,
    });
    const write = () => database.query<{ value: string }>("INSERT");
    await Promise.all([write(), write()]);
    a.respond = (sql) => (sql === "INSERT" ? { sqlState: "25006" } : []);
    b.respond = () => [{ value: "t" }];
    await expect(write()).rejects.toMatchObject({ status: 503, headers: { "Retry-After": "5" } });
    await Promise.all([write(), write()]);
    expect(b.statements.filter((sql) => sql === "INSERT")).toHaveLength(2);
    await database.close();
  });
});
