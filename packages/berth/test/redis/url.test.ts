import { parseRedisUrl, redisVariables } from "../../src/redis/url";
import { readEnvironment } from "../../src/process/environment";

const NONE = { username: undefined, password: undefined, db: 0, tls: undefined };

describe("a Redis URL", () => {
  it.each([
    ["redis://cache", { ...NONE, host: "cache", port: 6379 }],
    ["redis://cache:1/", { ...NONE, host: "cache", port: 1 }],
    ["redis://[::1]:1/12", { ...NONE, host: "::1", port: 1, db: 12 }],
    ["redis://:p%40ss@cache", { ...NONE, host: "cache", port: 6379, password: "p@ss" }],
    ["redis://me:p@cache", { ...NONE, host: "cache", port: 6379, username: "me", password: "p" }],
  ])("is parsed: %s", (url, settings) => {
    expect(parseRedisUrl(url)).toEqual(settings);
  });

  it("sets the server name for TLS (SNI), unless it is an IP address", () => {
    const strict = { rejectUnauthorized: true };
    expect(parseRedisUrl("rediss://cache").tls).toEqual({ ...strict, servername: "cache" });
    expect(parseRedisUrl("rediss://192.0.2.1").tls).toEqual(strict);
    expect(parseRedisUrl("rediss://[2001:db8::1]").tls).toEqual(strict);
  });

  it.each([
    "",
    "cache",
    "http://cache",
    "redis://",
    "redis:///0",
    "redis://cache:99999",
    "redis://cache:0",
    "redis://cache/-1",
    "redis://cache/1.5",
    "redis://cache/sessions",
    "redis://cache/0/1",
    "redis://cache#0",
    "redis://:p%zz@cache",
    "redis://cache?ssl_cert_reqs=none",
    "rediss://cache?ssl_cert_reqs=optional",
    "rediss://cache?tls=1",
    "rediss://cache?ssl_ca_certs=/nowhere/ca.pem",
  ])("is refused at start when it is invalid, and is not logged: %j", (url) => {
    const secret = url.replace("//", "//:s3cret@");
    const read = () => readEnvironment(redisVariables, { REDIS_URL: secret });
    expect(read).toThrow(
      /^REDIS_URL: .+; its value is not shown because it may contain a secret\. Correct it[^\n]*$/,
    );
    expect(read).not.toThrow(/s3cret/);
  });
});
