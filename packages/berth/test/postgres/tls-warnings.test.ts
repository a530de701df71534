import { sayHowSafe } from "../../src/postgres/tls-warnings";
import { parsePostgresUrl } from "../../src/postgres/url";
import { createTestLogger } from "../../src/testing/app";

/** What is said of two connections to the first host of the URL. */
function said(url: string, encryption: "tls" | "clear text") {
  const { logger, log } = createTestLogger();
  const settings = parsePostgresUrl(url);
  const tell = sayHowSafe(settings, logger);
  for (let i = 0; i < 2; i++) tell(settings.hosts[0] as (typeof settings.hosts)[0], encryption);
  expect(JSON.stringify(log)).not.toContain("hunter2");
  return log.map(({ level, msg }) => [level, msg]);
}

const url = "postgres://user:hunter2@db.example/db";

describe("what the log says of the database's connection", () => {
  it("warns once that nothing is checked, when nobody chose so", () => {
    expect(said(url, "tls")).toEqual([
      [
        "warn",
        expect.stringMatching(
          /of the server's certificate nothing is checked: add sslmode=verify-full/,
        ),
      ],
    ]);
  });

  it("warns once that it is not encrypted, when nobody chose so", () => {
    expect(said(url, "clear text")).toEqual([
      ["warn", expect.stringMatching(/is not encrypted: add sslmode=require to DATABASE_URL/)],
    ]);
  });

  it.each([
    ["require", "nothing is checked"],
    ["no-verify", "nothing is checked"],
    ["verify-ca", "only its issuer is checked"],
    ["require&sslrootcert=/ca.crt", "only its issuer is checked"],
  ])("mentions once what sslmode=%s leaves out: %s", (mode, what) => {
    expect(said(`${url}?sslmode=${mode}`, "tls")).toEqual([
      ["info", expect.stringContaining(what)],
    ]);
  });

  it.each([
    [`${url}?sslmode=verify-full`, "tls"],
    ["postgres://localhost/db", "clear text"],
    ["postgres://127.0.0.1/db", "tls"],
    ["postgres://[::1]/db", "clear text"],
    ["postgres://%2Ftmp/db", "clear text"],
  ] as const)(
    "is nothing where all is checked, or nothing leaves the machine: %s",
    (of, encryption) => {
      expect(said(of, encryption)).toEqual([]);
    },
  );
});
