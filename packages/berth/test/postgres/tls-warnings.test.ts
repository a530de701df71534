import { createTlsWarnings } from "../../src/postgres/tls-warnings";
import { parsePostgresUrl } from "../../src/postgres/url";
import { createTestLogger } from "../../src/testing/app";

/** The log of two connections to the first host of the URL. */
function logged(url: string, encryption: "tls" | "plain text") {
  const { logger, log } = createTestLogger();
  const settings = parsePostgresUrl(url);
  const tell = createTlsWarnings(settings, logger);
  for (let i = 0; i < 2; i++) tell(settings.hosts[0] as (typeof settings.hosts)[0], encryption);
  expect(JSON.stringify(log)).not.toContain("hunter2");
  return log.map(({ level, msg }) => [level, msg]);
}

const url = "postgres://user:hunter2@db.example/db";

describe("the log of database connections", () => {
  it("warns once that the certificate is not verified, when sslmode is the default", () => {
    expect(logged(url, "tls")).toEqual([
      [
        "warn",
        expect.stringMatching(/the server's certificate is not verified: add sslmode=verify-full/),
      ],
    ]);
  });

  it("warns once that a connection is not encrypted, when sslmode is the default", () => {
    expect(logged(url, "plain text")).toEqual([
      ["warn", expect.stringMatching(/is not encrypted: add sslmode=require to DATABASE_URL/)],
    ]);
  });

  it.each([
    ["require", "encrypted, but the server's certificate is not verified"],
    ["no-verify", "encrypted, but the server's certificate is not verified"],
    ["verify-ca", "the host name in the server's certificate is not verified"],
    ["require&sslrootcert=/ca.crt", "the host name in the server's certificate is not verified"],
  ])("mentions once what sslmode=%s does not verify: %s", (mode, what) => {
    expect(logged(`${url}?sslmode=${mode}`, "tls")).toEqual([
      ["info", expect.stringContaining(what)],
    ]);
  });

  it.each([
    [`${url}?sslmode=verify-full`, "tls"],
    ["postgres://localhost/db", "plain text"],
    ["postgres://127.0.0.1/db", "tls"],
    ["postgres://[::1]/db", "plain text"],
    ["postgres://%2Ftmp/db", "plain text"],
  ] as const)(
    "is silent when everything is verified, or the connection is local: %s",
    (of, encryption) => {
      expect(logged(of, encryption)).toEqual([]);
    },
  );
});
