import { readFileSync } from "node:fs";
import { createDatabase } from "../../src/postgres/database";
import { createTestLogger } from "../../src/testing/app";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import {
  AUTHORITY,
  certificate,
  certificateFiles,
  type FrontOptions,
  type PostgresFront,
  startPostgresFront,
} from "../support/postgres-front";

let postgres: TestPostgres;
const fronts: PostgresFront[] = [];
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterEach(async () => {
  for (const front of fronts.splice(0)) await front.close();
});
afterAll(() => postgres.stop());

/** Starts a proxy in front of the database, and attaches the database through it with these URL parameters. */
async function attach(options: FrontOptions, parameters = "") {
  const front = await startPostgresFront(new URL(postgres.url), options);
  fronts.push(front);
  return { front, ...attachTo(`localhost:${front.port}`, parameters) };
}

function attachTo(authority: string, parameters: string) {
  const { username, password, pathname } = new URL(postgres.url);
  const { logger, log } = createTestLogger();
  const url = `postgres://${username}:${password}@${authority}${pathname}?${parameters}`;
  const limits = { poolSize: 1, connectTimeoutMs: 5000, statementTimeoutMs: 5000 };
  const database = createDatabase({ url, logger, ...limits });
  const ask = async () => {
    try {
      return await database.query("SELECT 1 AS one");
    } catch (err) {
      return ((err as Error).cause as Error).message;
    } finally {
      await database.close();
    }
  };
  return { ask, log };
}

const ONE = [{ one: 1 }];
const issued = { certificate: certificate("localhost") };
const foreign = { certificate: certificate("elsewhere.example") };
const tlsOnly = { ...issued, refusesPlainText: true };
const root = `sslrootcert=${encodeURIComponent(AUTHORITY)}`;

describe("a database whose server requires TLS", () => {
  it.each(["", "sslmode=allow", "sslmode=prefer", "sslmode=require", "sslmode=no-verify"])(
    "is attached with %j, whatever the issuer of its certificate",
    async (parameters) => {
      const { ask, front } = await attach(tlsOnly, parameters);
      expect([await ask(), front.served]).toEqual([ONE, ["tls"]]);
    },
  );

  it.each(["sslmode=verify-full", "sslmode=verify-ca", "sslmode=require"])(
    "is attached with %j when the issuer is trusted",
    async (mode) => {
      const { ask, front } = await attach(tlsOnly, `${mode}&${root}`);
      expect([await ask(), front.served]).toEqual([ONE, ["tls"]]);
    },
  );

  it("is not attached with sslmode=disable", async () => {
    const { ask } = await attach(tlsOnly, "sslmode=disable");
    expect(await ask()).toMatch(/no encryption$/);
  });

  it.each(["sslmode=verify-full", "sslrootcert=system"])(
    "is not attached with %j when the issuer of its certificate is unknown",
    async (parameters) => {
      const { ask } = await attach(tlsOnly, parameters);
      expect(await ask()).toMatch(/unable to verify|unable to get local issuer/);
    },
  );

  it("is attached under another host name with sslmode=verify-ca, not with verify-full", async () => {
    const byIssuer = await attach(foreign, `sslmode=verify-ca&${root}`);
    expect(await byIssuer.ask()).toEqual(ONE);
    const byName = await attach(foreign, `sslmode=verify-full&${root}`);
    expect(await byName.ask()).toMatch(/does not match certificate's altnames/);
  });

  it("accepts a client with the certificate that it requires", async () => {
    const asking = { ...tlsOnly, clientAuthority: readFileSync(AUTHORITY, "utf8") };
    const { cert, key } = certificateFiles("localhost");
    const identity = `sslcert=${encodeURIComponent(cert)}&sslkey=${encodeURIComponent(key)}`;
    const shown = await attach(asking, `sslmode=verify-full&${root}&${identity}`);
    expect(await shown.ask()).toEqual(ONE);
    const hidden = await attach(asking, `sslmode=verify-full&${root}`);
    expect(await hidden.ask()).not.toEqual(ONE);
  });
});

describe("a database with channel_binding=require", () => {
  it("is not attached when it offers no channel binding, or no TLS", async () => {
    // The connections between the proxy and the server are not encrypted, so the server cannot offer it.
    const encrypted = await attach(tlsOnly, "channel_binding=require");
    expect(await encrypted.ask()).toBe("the server does not support channel binding");
    const clear = await attach({}, "channel_binding=require");
    expect(await clear.ask()).toBe("The server does not support SSL connections");
  });
});

describe("a database whose server has no TLS", () => {
  it.each(["", "sslmode=disable", "sslmode=allow", "sslmode=prefer"])(
    "is attached with %j",
    async (parameters) => {
      const { ask, front } = await attach({}, parameters);
      expect([await ask(), front.served]).toEqual([ONE, ["plain text"]]);
    },
  );

  it.each(["sslmode=require", "sslmode=no-verify", "sslmode=verify-full"])(
    "is not attached with %j",
    async (parameters) => {
      const { ask } = await attach({}, parameters);
      expect(await ask()).toBe("The server does not support SSL connections");
    },
  );
});

describe("a database whose server accepts TLS and plain text", () => {
  it.each([
    ["allow", "plain text"],
    ["prefer", "tls"],
  ])("is attached with sslmode=%s over %s", async (mode, encryption) => {
    const { ask, front } = await attach(issued, `sslmode=${mode}`);
    expect([await ask(), front.served]).toEqual([ONE, [encryption]]);
  });
});

describe("a URL with unusable files", () => {
  it.each([
    ["sslmode=verify-ca", "sslmode=verify-ca needs sslrootcert"],
    ["sslmode=verify-full&sslrootcert=/absent", "sslrootcert cannot be read: ENOENT"],
    [`sslcert=${encodeURIComponent(AUTHORITY)}&sslkey=/absent`, "sslkey cannot be read: ENOENT"],
    [
      `sslcert=${encodeURIComponent(AUTHORITY)}&sslkey=${encodeURIComponent(certificateFiles("localhost").key)}`,
      "sslcert, sslkey and sslrootcert cannot be used together: ",
    ],
  ])("is refused at start: %s", (parameters, message) => {
    expect(() => attachTo("localhost", parameters)).toThrow(message);
  });
});
