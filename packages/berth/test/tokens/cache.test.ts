import { createTokens, type Tokens } from "../../src/tokens/tokens";
import { createTestLogger } from "../../src/testing/app";
import { createTestKey, signToken, startIssuer, type TestIssuer } from "../../src/testing/issuer";

const MINUTE_MS = 60_000;
const key = createTestKey("first");

let issuer: TestIssuer;
let tokens: Tokens;
let nowMs: number;
let checked: jest.SpyInstance;

beforeEach(async () => {
  nowMs = 0;
  issuer = await startIssuer(key);
  tokens = createTokens({
    jwksUrl: issuer.jwksUrl,
    issuer: "https://issuer.test",
    audience: "ships",
    logger: createTestLogger().logger,
    now: () => nowMs,
  });
  checked = jest.spyOn(crypto.subtle, "verify");
});
afterEach(async () => {
  jest.restoreAllMocks();
  jest.useRealTimers();
  await tokens.close();
});

const sign = (claims: object = {}): string =>
  signToken(key, {
    iss: "https://issuer.test",
    aud: "ships",
    sub: "ann",
    exp: Math.floor(Date.now() / 1000) + 60,
    ...claims,
  });

/** Advances the clock by milliseconds; timers are not affected. */
const setClock = (ms: number) =>
  jest.useFakeTimers({
    now: Date.now() + ms,
    doNotFake: [
      ...(["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const),
      ...(["setImmediate", "clearImmediate", "nextTick", "queueMicrotask"] as const),
      ...(["performance", "hrtime"] as const),
    ],
  });

describe("a token that is sent again", () => {
  it("is not verified again, and has the same claims", async () => {
    const token = sign();
    const claims = await tokens.verify(token);
    expect(await tokens.verify(token)).toBe(claims);
    expect(checked).toHaveBeenCalledTimes(1);
  });

  it("has frozen claims", async () => {
    const claims = await tokens.verify(sign({ roles: { ships: ["reader"] } }));
    expect(() => Object.assign(claims, { sub: "bob" })).toThrow(TypeError);
    expect(() => (claims.roles as { ships: string[] }).ships.push("admin")).toThrow(TypeError);
  });

  it("is accepted until half a minute after it expires", async () => {
    const token = sign();
    await tokens.verify(token);
    setClock(89_000);
    expect(await tokens.verify(token)).toMatchObject({ sub: "ann" });
    setClock(2_000);
    await expect(tokens.verify(token)).rejects.toThrow("The token has expired.");
  });

  it("is verified with new keys once they are fetched", async () => {
    const token = sign();
    await tokens.verify(token);
    issuer.publish(createTestKey("second"));
    nowMs += 10 * MINUTE_MS;
    await expect(tokens.verify(token)).rejects.toThrow("not signed with one of the issuer's keys");
  });

  it("is not cached for keys that were fetched while it was verified", async () => {
    const token = sign();
    const verify = crypto.subtle.verify.bind(crypto.subtle);
    checked.mockImplementationOnce(async (...args: Parameters<typeof verify>) => {
      issuer.publish(createTestKey("second"));
      nowMs += 10 * MINUTE_MS;
      await tokens.ping();
      return verify(...args);
    });
    await tokens.verify(token);
    await expect(tokens.verify(token)).rejects.toThrow("not signed with one of the issuer's keys");
  });

  it("is still accepted while the issuer is down", async () => {
    const token = sign();
    await tokens.verify(token);
    await issuer.stop();
    nowMs += 20 * MINUTE_MS;
    await Promise.all([tokens.verify(token), tokens.verify(token)]);
    expect(checked).toHaveBeenCalledTimes(1);
  });

  it("is verified again when it is very long, or after a thousand other tokens", async () => {
    const [long, old] = [sign({ more: "x".repeat(4096) }), sign()];
    for (const token of [long, long, old, old]) await tokens.verify(token);
    expect(checked).toHaveBeenCalledTimes(3);
    for (let i = 0; i < 1000; i++) await tokens.verify(sign({ sub: `${i}` }));
    checked.mockClear();
    await tokens.verify(old);
    expect(checked).toHaveBeenCalledTimes(1);
  });

  it("is verified each time when it is invalid", async () => {
    const [head, body] = sign().split(".");
    const forged = `${head}.${body}.${"A".repeat(86)}`;
    for (let i = 0; i < 2; i++) await expect(tokens.verify(forged)).rejects.toThrow("not signed");
    expect(checked).toHaveBeenCalledTimes(2);
  });
});
