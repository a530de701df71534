// The development issuer, and the service's verification of its tokens.
import { networkInterfaces } from "node:os";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { text as bodyOf } from "node:stream/consumers";
import { once } from "node:events";
import { createTokens } from "berth/tokens";
import { createTestLogger, startCommand, type TestProcess } from "berth/testing";
import { berth } from "../../src/cli-path";

const started: TestProcess[] = [];
afterAll(() => Promise.all(started.map((process) => process.stop())));

function startIssuer(env: Record<string, string>): TestProcess {
  const process_ = startCommand(berth("issuer"), env);
  started.push(process_);
  return process_;
}

describe("the development issuer", () => {
  let issuer: TestProcess;
  let url: string;
  let lines: Record<string, string>;
  beforeAll(async () => {
    issuer = startIssuer({ PORT: "0" });
    await issuer.line(/^AUTH_AUDIENCE=/);
    lines = Object.fromEntries(
      issuer.lines.filter((line) => /^AUTH_/.test(line)).map((line) => line.split("=")),
    ) as Record<string, string>;
    url = lines.AUTH_ISSUER ?? "";
  });

  const attach = () =>
    createTokens({
      jwksUrl: lines.AUTH_JWKS_URL ?? "",
      issuer: url,
      audience: lines.AUTH_AUDIENCE ?? "",
      logger: createTestLogger().logger,
    });
  const get = async (path: string) => {
    const res = await fetch(url + path);
    return { status: res.status, text: await res.text() };
  };

  it("prints the variables with which the service accepts its tokens", async () => {
    const tokens = attach();
    const { text } = await get("/token?sub=ann&scope=orders:read%20orders:write&scp=a&scp=b");
    expect(await tokens.verify(text.trimEnd())).toEqual({
      iss: url,
      aud: "development",
      sub: "ann",
      iat: expect.any(Number) as number,
      exp: expect.any(Number) as number,
      scope: "orders:read orders:write",
      scp: ["a", "b"],
    });
    expect(await tokens.verify((await get("/token")).text.trimEnd())).toMatchObject({
      sub: "developer",
    });
    await tokens.close();
  });

  it.each([
    ["/token?expires_in=-60", "The token has expired."],
    ["/token?aud=others", "The token is for another audience."],
  ])("issues invalid tokens too: %s", async (path, message) => {
    const tokens = attach();
    const { text } = await get(path);
    await expect(tokens.verify(text.trimEnd())).rejects.toThrow(message);
    await tokens.close();
  });

  it.each([
    ["/token?expires_in=soon", 400, "expires_in must be a whole number of seconds"],
    ["/token?expires_in=1&expires_in=2", 400, "expires_in must be a whole number of seconds"],
    ["/", 404, "/token?sub=ann"],
    ["//", 404, "/token?sub=ann"],
  ])("reports what is wrong with %s", async (path, status, text) => {
    expect(await get(path)).toEqual({ status, text: expect.stringContaining(text) as string });
  });

  it.each([
    ["attacker.example:5200", 421],
    ["127.0.0.1.attacker.example", 421],
    ["localhost:1", 200],
    ["LOCALHOST", 200],
  ])("responds to a request for the host %s with %i", async (host, status) => {
    const req = request(`${url}/token`, { headers: { Host: host } }).end();
    const [res] = (await once(req, "response")) as [IncomingMessage];
    expect(res.statusCode).toBe(status);
    expect((await bodyOf(res)).startsWith("ey")).toBe(status === 200);
  });

  it("listens on the loopback interface only", async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((of) => of ?? []);
    const outside = addresses.find(({ internal, family }) => !internal && family === "IPv4");
    const host = outside?.address ?? "127.0.0.2";
    const [err] = (await once(connect(Number(new URL(url).port), host), "error").catch(
      (err: unknown) => [err],
    )) as [NodeJS.ErrnoException];
    expect(err.code).toBe("ECONNREFUSED");
  });

  it("exits with 0 on SIGTERM", async () => {
    const other = startIssuer({ PORT: "0" });
    await other.line(/^AUTH_AUDIENCE=/);
    other.child.kill("SIGTERM");
    expect(await other.exit).toBe(0);
  });

  it.each<[Record<string, string>, RegExp]>([
    [
      { AUTH_ISSUER: "https://login.example.com", PORT: "0" },
      /^development issuer: AUTH_ISSUER is https:\/\/login\.example\.com, but this issuer is http:\/\/127\.0\.0\.1:\d+: set it to that, or do not start this process\n$/,
    ],
    [
      { PORT: "1e4" },
      /^development issuer: PORT must be a whole number from 0 to 65535, not "1e4"\n$/,
    ],
  ])("does not start with %j", async (env, stderr) => {
    const refused = startIssuer(env);
    expect(await refused.exit).toBe(1);
    expect(refused.stderr()).toMatch(stderr);
  });
});
