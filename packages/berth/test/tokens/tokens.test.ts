import { generateKeyPairSync } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { createTokens, type Tokens } from "../../src/tokens/tokens";
import { optionalTokenVariables, tokenVariables } from "../../src/tokens/variables";
import { ConfigError, readEnvironment } from "../../src/process/environment";
import { createTestLogger } from "../../src/testing/app";
import {
  asJwk,
  createTestKey,
  signToken,
  startIssuer,
  type TestIssuer,
  type TestKey,
} from "../../src/testing/issuer";

const MINUTE_MS = 60_000;
const UNKNOWN = "The token is not signed with one of the issuer's keys.";
const AWAY = { name: "BackingServiceUnavailable", status: 503, headers: { "Retry-After": "5" } };

const first = createTestKey("first");
const second = createTestKey("second");
let issuer: TestIssuer;
let tokens: Tokens;
let log: Record<string, unknown>[];
let nowMs: number;

const attach = (jwksUrl = issuer.jwksUrl, timeoutMs?: number): Tokens => {
  const test = createTestLogger();
  log = test.log;
  return createTokens({
    jwksUrl,
    issuer: "https://issuer.test",
    audience: "ships",
    logger: test.logger,
    ...(timeoutMs !== undefined && { timeoutMs }),
    now: () => nowMs,
  });
};
beforeEach(async () => {
  nowMs = 0;
  issuer = await startIssuer(first);
  tokens = attach();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await tokens.close();
});

/** Advances both clocks: the monotonic one, and the wall clock by which jose counts its cool-down. */
function advance(ms: number): void {
  nowMs += ms;
  const now = Date.now() + ms;
  jest.spyOn(Date, "now").mockReturnValue(now);
}

const claims = () => ({
  iss: "https://issuer.test",
  aud: "ships",
  sub: "ann",
  exp: Math.floor(Date.now() / 1000) + 60,
});
const verify = (key: TestKey, header?: object) => tokens.verify(signToken(key, claims(), header));
const settled = (key: TestKey) =>
  verify(key).then(
    ({ sub }) => sub,
    (err: Error) => err.message,
  );
/** Waits for fetches in the background. */
async function untilSettled(key: TestKey, expected: string): Promise<void> {
  while ((await settled(key)) !== expected) await nextTurn();
}

describe("the issuer's keys", () => {
  it("are not fetched before the first token, and once for concurrent ones", async () => {
    expect(issuer.asked()).toBe(0);
    expect(await Promise.all([1, 2, 3].map(() => settled(first)))).toEqual(["ann", "ann", "ann"]);
    expect(await settled(first)).toBe("ann");
    expect(issuer.asked()).toBe(1);
  });

  it.each([createTestKey("rsa", "RS256"), createTestKey("ed", "EdDSA"), createTestKey("ec")])(
    "can be of $alg",
    async (key) => {
      issuer.publish(key);
      expect(await verify(key)).toMatchObject({ sub: "ann", aud: "ships" });
    },
  );

  it("are fetched at once when a token has an unknown one", async () => {
    await verify(first);
    issuer.publish(first, second);
    advance(MINUTE_MS);
    expect(await Promise.all([settled(second), settled(second)])).toEqual(["ann", "ann"]);
    expect(await settled(first)).toBe("ann");
    expect(issuer.asked()).toBe(2);
  });

  it("are fetched once in half a minute, however many tokens have unknown ones", async () => {
    await verify(first);
    advance(MINUTE_MS);
    const forged = Array.from({ length: 50 }, (_, i) => createTestKey(`forged-${i}`));
    expect(new Set(await Promise.all(forged.map(settled)))).toEqual(new Set([UNKNOWN]));
    advance(MINUTE_MS / 2 - 1);
    for (const key of forged) await settled(key);
    expect(issuer.asked()).toBe(2);
    advance(1);
    await settled(second);
    expect(issuer.asked()).toBe(3);
  });

  it("are refreshed in the background after four minutes, so that a withdrawn one is no longer accepted", async () => {
    await verify(first);
    issuer.publish(second);
    advance(4 * MINUTE_MS - 1);
    expect(await settled(first)).toBe("ann");
    expect(issuer.asked()).toBe(1);
    advance(1);
    expect(await settled(first)).toBe("ann");
    await untilSettled(first, UNKNOWN);
    expect(await settled(second)).toBe("ann");
    expect(issuer.asked()).toBe(2);
  });

  it("are refreshed before use once they are five minutes old", async () => {
    await verify(first);
    issuer.publish(second);
    advance(5 * MINUTE_MS);
    expect(await Promise.all([settled(first), settled(first)])).toEqual([UNKNOWN, UNKNOWN]);
  });

  it("need no kid, and are tried one after the other", async () => {
    issuer.publish(first, second);
    for (const key of [first, second]) {
      expect(await verify(key, { kid: undefined })).toMatchObject({ sub: "ann" });
    }
    const forged = createTestKey("forged");
    await expect(verify(forged, { kid: undefined })).rejects.toThrow(UNKNOWN);
  });

  it("can share a kid", async () => {
    const twins = [1, 2, 3].map(() => createTestKey("twin"));
    issuer.publish(...twins.slice(0, 2));
    expect(await Promise.all(twins.map(settled))).toEqual(["ann", "ann", UNKNOWN]);
    const expired = { ...claims(), exp: 1 };
    await expect(tokens.verify(signToken(twins[1]!, expired))).rejects.toThrow("has expired");
  });

  it.each(["application/octet-stream", "text/plain; charset=utf-8", "text/html", undefined])(
    "can have the media type %s",
    async (type) => {
      issuer.respond = (_req, res) => {
        if (type !== undefined) res.setHeader("Content-Type", type);
        res.end(JSON.stringify({ keys: [asJwk(first)] }));
      };
      expect(await settled(first)).toBe("ann");
    },
  );

  it("are ignored when they are unusable", async () => {
    const short = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const weak: TestKey = { kid: "weak", alg: "RS256", ...short };
    const secret = { kty: "oct", kid: "secret", k: "c2VjcmV0" };
    const leaked = { ...second.privateKey.export({ format: "jwk" }), kid: "second" };
    issuer.publish([], { kid: "nothing" }, weak, secret, leaked, first);
    expect(await settled(first)).toBe("ann");
    expect(await settled(weak)).toBe(UNKNOWN);
    expect(await settled(second)).toBe(UNKNOWN);
  });
});

/** The failures of an issuer. */
const failures: [string, (issuer: TestIssuer) => Promise<void> | void][] = [
  ["is down", (issuer) => issuer.stop()],
  ["hangs", (issuer) => void (issuer.respond = () => undefined)],
  [
    "never ends its response",
    (issuer) =>
      void (issuer.respond = (_req, res) => {
        res.setHeader("Content-Type", "application/json").write("{");
        const drip = setInterval(() => res.write(" "), 50);
        res.on("close", () => clearInterval(drip));
      }),
  ],
  ["breaks the connection", (issuer) => void (issuer.respond = (req) => req.socket.destroy())],
  ["responds 500", (issuer) => void (issuer.respond = (_req, res) => res.writeHead(500).end("{}"))],
  [
    "redirects",
    (issuer) =>
      void (issuer.respond = (_req, res) => res.writeHead(302, { Location: "/keys" }).end()),
  ],
  ["responds with HTML", (issuer) => void (issuer.respond = (_req, res) => res.end("<html>"))],
  ...["{", "null", "[]", '{"keys":{}}', '{"keys":[]}', '{"keys":[null,1,{"kty":"EC"}]}'].map(
    (body): [string, (issuer: TestIssuer) => void] => [
      `responds with ${body}`,
      (issuer) =>
        void (issuer.respond = (_req, res) =>
          res.setHeader("Content-Type", "application/json").end(body)),
    ],
  ),
  [
    "responds with 10 MB, compressed",
    (issuer) =>
      void (issuer.respond = (_req, res) =>
        res
          .setHeader("Content-Encoding", "gzip")
          .end(gzipSync(JSON.stringify({ keys: [asJwk(first)], more: "x".repeat(10_000_000) })))),
  ],
  [
    "responds with 10 MB",
    (issuer) =>
      void (issuer.respond = (_req, res) =>
        res
          .setHeader("Content-Type", "application/json")
          .end(JSON.stringify({ keys: [asJwk(first)], more: "x".repeat(10_000_000) }))),
  ],
];

describe.each(failures)("an issuer that %s", (_name, breakIssuer) => {
  beforeEach(() => (tokens = attach(issuer.jwksUrl, 1000)));

  it("causes no outage while its keys are cached, and is used again once it recovers", async () => {
    await verify(first);
    await breakIssuer(issuer);
    advance(20 * MINUTE_MS);
    expect(await settled(first)).toBe("ann");
    await expect(verify(second)).rejects.toMatchObject(AWAY);
    await expect(tokens.ping()).resolves.toBeDefined();
    await issuer.start();
    issuer.publish(second);
    advance(MINUTE_MS);
    await untilSettled(second, "ann");
    expect(await settled(first)).toBe(UNKNOWN);
  });

  it("causes a 503 when they are not", async () => {
    await breakIssuer(issuer);
    await Promise.all([
      expect(verify(first)).rejects.toMatchObject({
        ...AWAY,
        message: "The token issuer is not available at the moment.",
      }),
      expect(tokens.ping()).rejects.toMatchObject(AWAY),
    ]);
  });
});

describe("an issuer that is down", () => {
  it("opens the circuit breaker after five tries, is logged once, and is used again when it is back", async () => {
    await issuer.stop();
    for (let i = 0; i < 20; i++) await expect(verify(first)).rejects.toMatchObject(AWAY);
    await issuer.start();
    expect(await settled(first)).toMatch("not available");
    advance(250);
    expect(await settled(first)).toBe("ann");
    expect(issuer.asked()).toBe(1);
    expect(log.map(({ msg }) => msg)).toEqual([
      "token issuer is not responding: circuit breaker open, calls wait or fail at once",
      "token issuer is responding again: circuit breaker closed",
    ]);
  });

  it("delays no request whose key is cached, once a fetch has failed", async () => {
    await verify(first);
    issuer.respond = (_req, res) => res.writeHead(500).end();
    advance(10 * MINUTE_MS);
    await verify(first);
    const asked: ServerResponse[] = [];
    issuer.respond = (_req, res) => void asked.push(res);
    advance(MINUTE_MS);
    expect(await settled(first)).toBe("ann");
    await issuer.untilAsked(3);
    expect(await settled(first)).toBe("ann");
    expect(asked.map(({ closed }) => closed)).toEqual([false]);
  });

  it("does not delay the shutdown", async () => {
    issuer.respond = () => undefined;
    const waiting = expect(verify(first)).rejects.toMatchObject(AWAY);
    await issuer.untilAsked(1);
    await tokens.close();
    await waiting;
  });
});

describe("keys that are fetched without TLS", () => {
  it.each([
    ["http://keys.test/", 1],
    ["http://127.keys.test/", 1],
    ["http://127.0.0.1:1/", 0],
    ["http://[::1]:1/", 0],
    ["http://localhost:1/", 0],
    ["https://keys.test/", 0],
  ])("cause a warning: %s", async (url, times) => {
    await tokens.close();
    tokens = attach(url);
    expect(log.map(({ level }) => level)).toEqual(Array(times).fill("warn"));
  });

  it("cause a warning without the query of the URL", async () => {
    await tokens.close();
    tokens = attach("http://keys.test/jwks?key=hunter2");
    expect(log).toEqual([expect.objectContaining({ url: "http://keys.test/jwks" })]);
  });
});

describe("the variables of tokens", () => {
  const all = {
    AUTH_JWKS_URL: "https://issuer.test/keys?p=1",
    AUTH_ISSUER: "https://issuer.test",
    AUTH_AUDIENCE: "ships",
  };
  const read = (env: object) =>
    readEnvironment(optionalTokenVariables, env as Record<string, string>);

  it("must be set when routes require a token", () => {
    expect(readEnvironment(tokenVariables, all)).toEqual(all);
    expect(() => readEnvironment(tokenVariables, {})).toThrow(
      /^AUTH_JWKS_URL: .* Set it, .*\nAUTH_ISSUER: .* Set it, .*\nAUTH_AUDIENCE: .* Set it, /,
    );
  });

  it("can all be unset when none does", () => {
    expect(read({})).toEqual({});
    expect(read(all)).toEqual(all);
  });

  it.each<[object, string]>([
    [
      { AUTH_JWKS_URL: all.AUTH_JWKS_URL },
      "AUTH_JWKS_URL: AUTH_ISSUER and AUTH_AUDIENCE must be set, too",
    ],
    [{ ...all, AUTH_JWKS_URL: undefined }, "AUTH_ISSUER: AUTH_JWKS_URL must be set, too"],
    [
      { ...all, AUTH_JWKS_URL: "" },
      "AUTH_JWKS_URL: expected https://host/path of a JSON Web Key Set",
    ],
    [{ ...all, AUTH_JWKS_URL: "issuer.test" }, "AUTH_JWKS_URL: expected https://host"],
    [{ ...all, AUTH_JWKS_URL: "https://u:p@issuer.test/" }, "AUTH_JWKS_URL: expected https://host"],
    [{ ...all, AUTH_AUDIENCE: 'a"b' }, "AUTH_AUDIENCE: expected a text of ASCII"],
  ])("are refused: %j", (env, message) => {
    expect(() => read(env)).toThrow(ConfigError);
    expect(() => read(env)).toThrow(message);
  });
});
