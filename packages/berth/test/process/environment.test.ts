import * as v from "valibot";
import { postgresVariables } from "../../src/postgres/variables";
import { optionalTokenVariables, tokenVariables } from "../../src/tokens/variables";
import {
  ConfigError,
  type Environment,
  integer,
  optional,
  readEnvironment,
  variable,
} from "../../src/process/environment";
import { httpVariables, processVariables } from "../../src/process/variables";

const variables = { ...httpVariables, ...postgresVariables };
const readConfig = (env: Environment) => readEnvironment(variables, env);

const required = { DATABASE_URL: "postgres://user:hunter2@localhost:5432/db" };

function problems(env: Record<string, string>): string[] {
  try {
    readConfig({ ...required, ...env });
  } catch (err) {
    expect(err).toBeInstanceOf(ConfigError);
    return (err as Error).message.split("\n");
  }
  return [];
}

describe("readEnvironment", () => {
  it("has defaults for all variables except those of backing services", () => {
    expect(readConfig(required)).toEqual({
      PORT: 5000,
      HOST: "::",
      REUSE_PORT: false,
      WEB_CONCURRENCY: 1,
      LOG_LEVEL: "info",
      BODY_LIMIT_BYTES: 102_400,
      TRUST_PROXY: 0,
      KEEP_ALIVE_TIMEOUT_MS: 95_000,
      REQUEST_TIMEOUT_MS: 60_000,
      RESPONSE_TIMEOUT_MS: 60_000,
      REFUSE_MISMATCHED_RESPONSES: false,
      DRAIN_DELAY_MS: 0,
      SHUTDOWN_TIMEOUT_MS: 8_000,
      DATABASE_URL: required.DATABASE_URL,
      DATABASE_POOL_SIZE: 10,
      DATABASE_CONNECT_TIMEOUT_MS: 2_000,
      DATABASE_STATEMENT_TIMEOUT_MS: 5_000,
      DATABASE_SLOW_STATEMENT_MS: 1000,
    });
  });

  it("leaves optional variables undefined, and says in errors that they may be unset", () => {
    const LIMIT = variable({ schema: optional(integer(1, 9)), example: "5", about: "A limit." });
    expect(readEnvironment({ LIMIT }, {})).toEqual({ LIMIT: undefined });
    expect(readEnvironment({ LIMIT }, { LIMIT: "7" })).toEqual({ LIMIT: 7 });
    expect(() => readEnvironment({ LIMIT }, { LIMIT: "" })).toThrow(
      'LIMIT: expected a whole number from 1 to 9; got "". Correct it, or unset it',
    );
  });

  it("returns a frozen object", () => {
    expect(Object.isFrozen(readConfig(required))).toBe(true);
  });

  it.each(["0", "1", "8080", "65535"])("accepts %j as a port", (PORT) => {
    expect(readConfig({ ...required, PORT }).PORT).toBe(Number(PORT));
  });

  it.each([
    "abc",
    "-1",
    "8080abc",
    "65536",
    "80.5",
    "1e4",
    "0x1F90",
    "",
    " 8081 ",
    "٣",
    "1".repeat(400),
  ])("rejects %j as a port", (PORT) => {
    expect(problems({ PORT })).toEqual([
      `PORT: expected a whole number from 0 to 65535; got ${JSON.stringify(PORT)}. ` +
        "Correct it, or unset it for the default, 5000",
    ]);
  });

  it.each([
    ["2", 2],
    ["10.0.0.0/8,::1", ["10.0.0.0/8", "::1"]],
    ["192.0.2.7", ["192.0.2.7"]],
    ["2001:db8::/128", ["2001:db8::/128"]],
  ])("accepts %j as trusted proxies", (TRUST_PROXY, expected) => {
    expect(readConfig({ ...required, TRUST_PROXY }).TRUST_PROXY).toEqual(expected);
  });

  it.each([
    "true",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "loopback",
    "1,2",
    "-1",
    "",
    "::1/129",
  ])("rejects %j as trusted proxies", (TRUST_PROXY) => {
    expect(problems({ TRUST_PROXY })).toEqual([
      expect.stringMatching(/^TRUST_PROXY: .*forge its address/),
    ]);
  });

  it.each([
    ["1", 1],
    ["512", 512],
    ["auto", "auto"],
  ])("accepts %j as a number of processes", (WEB_CONCURRENCY, expected) => {
    expect(readConfig({ ...required, WEB_CONCURRENCY }).WEB_CONCURRENCY).toBe(expected);
  });

  it.each(["abc", "0", "-1", "1e3", "99999", "2.5", ""])(
    "rejects %j as a number of processes",
    (WEB_CONCURRENCY) => {
      expect(problems({ WEB_CONCURRENCY })).toEqual([
        `WEB_CONCURRENCY: expected a whole number from 1 to 512 (processes), or auto; got ` +
          `${JSON.stringify(WEB_CONCURRENCY)}. Correct it, or unset it for the default, 1`,
      ]);
    },
  );

  it("rejects several workers together with REUSE_PORT", () => {
    expect(problems({ WEB_CONCURRENCY: "2", REUSE_PORT: "true" })).toEqual([
      expect.stringMatching(/^WEB_CONCURRENCY: expected 1 with REUSE_PORT/),
    ]);
  });

  it("reports every problem at once", () => {
    const lines = problems({
      PORT: "x",
      LOG_LEVEL: "loud",
      REUSE_PORT: "yes",
      BODY_LIMIT_BYTES: "-1",
    });
    expect(lines.map((line) => line.split(":")[0])).toEqual([
      "PORT",
      "REUSE_PORT",
      "LOG_LEVEL",
      "BODY_LIMIT_BYTES",
    ]);
  });

  it("shows how to set a missing variable", () => {
    expect(() => readConfig({})).toThrow(
      "DATABASE_URL: expected postgres://user:password@host:port/database; it is not set. " +
        "Set it, for example DATABASE_URL=postgres://user:password@localhost:5432/app",
    );
  });

  it("never prints a secret's value", () => {
    const [line] = problems({ DATABASE_URL: "mysql://root:hunter2@localhost/db" });
    expect(line).toMatch(/^DATABASE_URL: /);
    expect(line).not.toContain("hunter2");
  });

  it.each([tokenVariables, optionalTokenVariables])(
    "never prints the URL of an issuer's keys, which may contain a password or a key (%#)",
    ({ AUTH_JWKS_URL }) => {
      const url = "https://ann:hunter2@keys.test/?key=hunter2";
      const read = () => readEnvironment({ AUTH_JWKS_URL }, { AUTH_JWKS_URL: url });
      expect(read).toThrow(/^AUTH_JWKS_URL: /);
      expect(read).not.toThrow(/hunter2/);
    },
  );

  it("redacts URL credentials, even if the variable is not declared as a secret", () => {
    const ORDERS = variable({ schema: integer(0, 1), default: "0", about: "x" });
    const url = "https://ann:hunter2@orders.test/x?key=hunter2";
    expect(() => readEnvironment({ ORDERS }, { ORDERS: url })).toThrow(
      'got "https://[redacted]@orders.test/x?[redacted]"',
    );
  });

  it.each([
    "postgres://user:hunter2@a:5432,b:5433/db?target_session_attrs=read-write",
    "postgres://%2Fvar%2Frun%2Fpostgresql/db",
    "postgres:///db?host=/tmp",
    required.DATABASE_URL,
  ])("accepts %j as a database", (DATABASE_URL) => {
    expect(readConfig({ DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL);
  });

  it("reads libpq's variables for what the database URL does not set", () => {
    const env = { ...required, PGSSLMODE: "require", PGUSER: "other" };
    expect(readConfig(env).DATABASE_URL).toBe(`${required.DATABASE_URL}?sslmode=require`);
  });

  it.each([
    [{ DATABASE_URL: `${required.DATABASE_URL}?sslmode=hunter2` }],
    [{ PGSSLMODE: "hunter2" }],
    [{ DATABASE_URL: `${required.DATABASE_URL}?sslmode=prefer`, PGTARGETSESSIONATTRS: "hunter2" }],
  ])("names the invalid database parameter, and prints no values: %j", (env) => {
    const [line, ...others] = problems(env);
    expect(others).toEqual([]);
    expect(line).toMatch(/^DATABASE_URL: \w+ \(or PG\w+\) must be one of .*Correct it/);
    expect(line).not.toContain("hunter2");
  });

  it("rejects a drain delay that is not below the shutdown timeout", () => {
    expect(problems({ DRAIN_DELAY_MS: "8000" })).toEqual([
      expect.stringMatching(
        /^DRAIN_DELAY_MS: expected less than SHUTDOWN_TIMEOUT_MS, .* is 8000; got "8000"/,
      ),
    ]);
  });

  it("does not compare the drain delay with an invalid timeout", () => {
    expect(problems({ SHUTDOWN_TIMEOUT_MS: "soon" })).toEqual([
      'SHUTDOWN_TIMEOUT_MS: expected a whole number from 1 to 3600000 (milliseconds); got "soon". ' +
        "Correct it, or unset it for the default, 8000",
    ]);
  });

  it("parses only the declared variables", () => {
    expect(readEnvironment(processVariables, { PORT: "abc" })).toEqual({ LOG_LEVEL: "info" });
  });

  it("reports an invalid value only once", () => {
    const complete = () => {
      throw new Error("never asked");
    };
    const schema = v.pipe(v.string(), v.nonEmpty(), v.description("some text"));
    const own = { A: variable({ schema, about: "A.", default: "", complete }) };
    expect(() => readEnvironment(own, {})).toThrow(/^A: expected some text; it is not set/);
  });

  it("has valid defaults", () => {
    for (const { schema, default: text } of Object.values(variables)) {
      if (text !== undefined) expect(v.is(schema, text)).toBe(true);
    }
  });
});
