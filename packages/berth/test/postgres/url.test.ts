import { completePostgresUrl, PostgresUrlError } from "../../src/postgres/url-parameters";
import { parsePostgresUrl } from "../../src/postgres/url";

const DEFAULTS = {
  hosts: [{ host: "localhost", port: 5432 }],
  sslMode: "prefer",
  isSslModeChosen: false,
  needsChannelBinding: false,
  targetSessionAttrs: "any",
  connectTimeoutMs: Infinity,
};

/** The settings without undefined ones. */
const parse = (url: string): object => JSON.parse(JSON.stringify(parsePostgresUrl(url))) as object;
const defaults = JSON.parse(JSON.stringify(DEFAULTS)) as object;

describe("parsePostgresUrl", () => {
  it.each<[string, object]>([
    ["postgres://localhost", {}],
    ["postgresql://localhost/", {}],
    [
      "postgres://u:p@localhost:7/db",
      { hosts: [{ host: "localhost", port: 7 }], user: "u", password: "p", database: "db" },
    ],
    ["postgres://localhost/db?user=u&password=p", { user: "u", password: "p", database: "db" }],
    ["postgres://u%40:p%2F%3f@localhost/d%20b", { user: "u@", password: "p/?", database: "d b" }],
    ["postgres://u:a@b:c#d@localhost/db", { user: "u", password: "a@b:c#d", database: "db" }],
    ["postgres://u:a?b@localhost/db", { user: "u", password: "a?b", database: "db" }],
    [
      "postgres://u:p@localhost?application_name=a@b+c",
      { user: "u", password: "p", applicationName: "a@b+c" },
    ],
    [
      "postgres://localhost/db?options=-c%20search_path%3Dapp",
      { database: "db", options: "-c search_path=app" },
    ],
    ["postgres://localhost?connect_timeout=3", { connectTimeoutMs: 3000 }],
    ["postgres://localhost?connect_timeout=0", {}],
    [
      "postgres://localhost?sslmode=require&channel_binding=prefer&gssencmode=disable",
      { sslMode: "require", isSslModeChosen: true },
    ],
    ["postgres://localhost?channel_binding=require", { needsChannelBinding: true }],
    ["postgres://localhost?ssl=true", { sslMode: "require", isSslModeChosen: true }],
    ["postgres://localhost?ssl=no-verify", { sslMode: "no-verify", isSslModeChosen: true }],
    ["postgres://localhost?sslrootcert=system", { sslRootCert: "system", sslMode: "verify-full" }],
  ])("parses %s", (url, expected) => {
    expect(parse(url)).toEqual({ ...defaults, ...expected });
  });

  it.each<[string, [string, number][]]>([
    [
      "postgres://a:5431,b,[::1]:7/db",
      [
        ["a", 5431],
        ["b", 5432],
        ["::1", 7],
      ],
    ],
    [
      "postgres://a,b/db?port=7",
      [
        ["a", 7],
        ["b", 7],
      ],
    ],
    [
      "postgres:///db?host=a,b&port=1,2",
      [
        ["a", 1],
        ["b", 2],
      ],
    ],
    ["postgres://%2Fvar%2Frun%2Fpostgresql/db", [["/var/run/postgresql", 5432]]],
    ["postgres://ignored/db?host=/run/pg", [["/run/pg", 5432]]],
    [
      "postgres:///db",
      [
        ["/var/run/postgresql", 5432],
        ["/tmp", 5432],
        ["localhost", 5432],
      ],
    ],
  ])("parses the hosts of %s", (url, expected) => {
    const hosts = expected.map(([host, port]) => ({ host, port }));
    expect(parsePostgresUrl(url).hosts).toEqual(hosts);
  });

  it.each([
    ["mysql://u:hunter2@localhost/db", /^expected postgres:/],
    ["postgres://u:hunter2@localhost:70000/db", /^port \(or PGPORT\) must be a whole number/],
    ["postgres://u:hunter2@localhost:x/db", /^a host is malformed/],
    ["postgres://u:hunter2@::1/db", /^a host is malformed/],
    ["postgres://u:hunter2%@localhost/db", /a percent sign is %25$/],
    [
      "postgres://u:hunter2@localhost?sslmode=hunter2",
      /^sslmode \(or PGSSLMODE\) must be one of disable, allow, /,
    ],
    [
      "postgres://u@localhost?target_session_attrs=hunter2",
      /^target_session_attrs \(or PGTARGETSESSIONATTRS\) must be/,
    ],
    [
      "postgres://u@localhost?connect_timeout=hunter2",
      /^connect_timeout \(or PGCONNECT_TIMEOUT\) must be/,
    ],
    ["postgres://u@a,b,c?port=1,2", /^expected one port/],
    ["postgres://u@localhost?hunter2=1", /^it has an unsupported parameter; supported are: host, /],
    ["postgres://u@localhost?constructor=1", /^it has an unsupported parameter/],
    ["postgres://u@localhost?gssencmode=require", /^gssencmode has a value that is not supported/],
    [
      "postgres://u@localhost?sslrootcert=system&sslmode=require",
      /^sslrootcert=system needs sslmode=verify-full/,
    ],
    ["postgres://u@localhost?ssl=hunter2", /^ssl must be/],
  ])("refuses %s without quoting it", (url, message) => {
    let thrown: unknown;
    try {
      parsePostgresUrl(url);
    } catch (err) {
      thrown = err;
    }
    expect(thrown).toBeInstanceOf(PostgresUrlError);
    expect((thrown as Error).message).toMatch(message);
    expect((thrown as Error).message).not.toContain("hunter2");
  });
});

describe("completePostgresUrl", () => {
  const env = {
    PGHOST: "elsewhere",
    PGUSER: "me",
    PGPASSWORD: "a&b",
    PGSSLMODE: "require",
    PGDATABASE: "",
  };

  it("adds the parameters that libpq's variables set and the URL does not", () => {
    expect(parse(completePostgresUrl("postgres://u@localhost?sslmode=disable", env))).toEqual({
      ...defaults,
      user: "u",
      password: "a&b",
      sslMode: "disable",
      isSslModeChosen: true,
    });
    expect(parse(completePostgresUrl("postgres:///db", env))).toEqual({
      ...defaults,
      hosts: [{ host: "elsewhere", port: 5432 }],
      database: "db",
      user: "me",
      password: "a&b",
      sslMode: "require",
      isSslModeChosen: true,
    });
  });

  it("returns the URL unchanged without variables", () => {
    const url = "postgres://u:p@localhost:7/db?sslmode=prefer";
    expect(completePostgresUrl(url, { PATH: "/bin" })).toBe(url);
  });
});
