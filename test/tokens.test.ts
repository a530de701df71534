import request from "supertest";
import { mayBeUnset } from "berth/config";
import {
  createTestKey,
  recordLoadedFiles,
  signToken,
  startIssuer,
  startMigratedPostgres,
  type TestServer,
} from "berth/testing";
import { webVariables } from "../src/config";
import { createTestApp } from "./support/app";
import { startService } from "./support/service";

const key = createTestKey("first");
const claims = { iss: "https://issuer.test", aud: "test", sub: "ann", exp: Date.now() / 1000 + 60 };
const variables = (jwksUrl: string) => ({
  AUTH_JWKS_URL: jwksUrl,
  AUTH_ISSUER: claims.iss,
  AUTH_AUDIENCE: claims.aud,
});

/** If `src/config.ts` has `tokenVariables`, no process starts without an issuer. */
const itIfOptional = mayBeUnset(webVariables.AUTH_JWKS_URL) ? it : it.skip;

describe("tokens", () => {
  itIfOptional(
    "are verified by no service without an issuer, and nothing of it is attached",
    async () => {
      const { app, services } = createTestApp();
      expect(services.tokens).toBeUndefined();
      const { body } = (await request(app).get("/readyz")) as { body: { checks: object } };
      expect(body.checks).not.toHaveProperty("tokens");
    },
  );

  it("are verified by the issuer that the variables name", async () => {
    const { jwksUrl } = await startIssuer(key);
    const { services } = createTestApp(variables(jwksUrl));
    const claimsOfAnn = await services.tokens?.verify(signToken(key, claims));
    expect(claimsOfAnn).toMatchObject({ sub: "ann" });
  });

  it("are required neither to be ready nor to exit", async () => {
    const issuer = await startIssuer(key);
    await issuer.stop();
    const { url } = await startMigratedPostgres();
    const service = await startService({ ...variables(issuer.jwksUrl), DATABASE_URL: url });
    const res = await fetch(`${service.url}/readyz`);
    expect([res.status, await res.json()]).toEqual([
      200,
      {
        status: "ok",
        checks: expect.objectContaining({ database: "ok", tokens: "failed" }) as object,
      },
    ]);
    expect(JSON.parse(await service.line(/"check":"tokens"/))).toMatchObject({ level: "warn" });
    service.child.kill("SIGTERM");
    expect(await service.exit).toBe(0);
  });

  it("are loaded with the first one", async () => {
    const { jwksUrl } = await startIssuer(key);
    const loaded = async (use: (service: TestServer) => Promise<unknown>) => {
      const record = recordLoadedFiles();
      const service = await startService({ ...variables(jwksUrl), ...record.env });
      await use(service);
      service.child.kill("SIGTERM");
      await service.exit;
      return record.packages("jose", "undici");
    };
    expect(await loaded(() => Promise.resolve())).toEqual([]);
    expect(await loaded(({ url }) => fetch(`${url}/readyz`))).toEqual(["jose", "undici"]);
  });
});
