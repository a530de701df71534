import { randomBytes } from "node:crypto";
import { type IncomingMessage, request as httpRequest } from "node:http";
import type { Express } from "express";
import express, { Router } from "express";
import request from "supertest";
import * as v from "valibot";
import { describeRoute } from "../../src/api/describe-route";
import { openApiDocument } from "../../src/api/openapi";
import { requireToken, token, type TokenVerifier } from "../../src/api/require-token";
import { createTokens, type Tokens } from "../../src/tokens/tokens";
import { refusals } from "../../src/http/refusals";
import { createTestApp, createTestLogger, problem } from "../../src/testing/app";
import {
  asJwk,
  createTestKey,
  encode,
  signToken,
  signWithSecret,
  startIssuer,
  type TestIssuer,
} from "../../src/testing/issuer";
import { startHttpService } from "../support/http-service";

const key = createTestKey("first", "RS256");
const strange = createTestKey("strange", "RS256");
const now = Math.floor(Date.now() / 1000);
const claims = { iss: "https://issuer.test", aud: "ships", sub: "ann", exp: now + 600 };
const without = (claim: keyof typeof claims) => ({ ...claims, [claim]: undefined });
const good = signToken(key, claims);
const pem = key.publicKey.export({ type: "spki", format: "pem" }).toString();
const forgedBy = (header: object) => signToken(strange, claims, header);

let issuer: TestIssuer;
let tokens: Tokens;
let app: Express;
let log: Record<string, unknown>[];
beforeEach(async () => {
  issuer = await startIssuer(key);
  const options = { issuer: claims.iss, audience: claims.aud, logger: createTestLogger().logger };
  tokens = createTokens({ ...options, jwksUrl: issuer.jwksUrl });
  ({ app, log } = createTestApp((router) => {
    router.get("/me", requireToken(tokens), (req, res) => void res.json(token.get(req).sub));
    router.get("/fleet", requireToken(tokens, { scope: "fleet:read fleet" }), (req, res) => {
      res.json(token.get(req));
    });
  }));
});
afterEach(() => tokens.close());

/** A response as in the table. */
const refusal = (error: string, detail: string) => ({
  detail,
  header: `Bearer realm="ships", error="${error}", error_description="${detail}"`,
});
const invalid = (detail: string) => [401, refusal("invalid_token", detail)] as const;
const malformed = (detail: string) => [400, refusal("invalid_request", detail)] as const;
const NO_TOKEN = [
  401,
  { detail: "A bearer token is required.", header: 'Bearer realm="ships"' },
] as const;
const NO_JWT = invalid("The token is not a JSON Web Token.");
const WRONG_KEY = invalid("The token is not signed with one of the issuer's keys.");
const WRONG_WAY = invalid("The token is signed with an algorithm that is not accepted.");
const HEADER = malformed("The header must be: Authorization: Bearer TOKEN");
const TITLES = { 400: "Bad Request", 401: "Unauthorized" } as const;

type Refusal = readonly [400 | 401, { detail: string; header: string }];
const bearer = (text: string) => `Bearer ${text}`;

describe("a request that needs a token", () => {
  it.each<[string, string | undefined, Refusal]>([
    ["no header", undefined, NO_TOKEN],
    ["an empty header", "", NO_TOKEN],
    ["another scheme", "Basic YTpi", NO_TOKEN],
    ["a scheme with the same prefix", `Bearerer ${good}`, NO_TOKEN],
    ["no token", "Bearer", HEADER],
    ["the scheme twice", `Bearer Bearer ${good}`, HEADER],
    ["two tokens", `Bearer ${good}, Bearer ${good}`, HEADER],
    ["a token with invalid characters", 'Bearer "x"', HEADER],
    ["garbage", bearer(randomBytes(300).toString("base64url")), NO_JWT],
    ["garbage in three parts", "Bearer a.b.c", NO_JWT],
    ["14 KB of garbage", bearer(`${good}${"A".repeat(14_000)}`), WRONG_KEY],
    ["five parts, encrypted", bearer(`${good}.a.b`), NO_JWT],
    ["claims that are not an object", bearer(signToken(key, [])), NO_JWT],
    ["alg: none", bearer(`${encode({ alg: "none" })}.${encode(claims)}.`), WRONG_WAY],
    ["alg: none, signed", bearer(signToken(key, claims, { alg: "none" })), WRONG_WAY],
    ["no alg", bearer(signToken(key, claims, { alg: undefined })), NO_JWT],
    ["HS256 with the public key", bearer(signWithSecret(pem, claims, { kid: key.kid })), WRONG_WAY],
    ["another alg than its key's", bearer(signToken(key, claims, { alg: "PS256" })), WRONG_KEY],
    ["an unknown kid", bearer(forgedBy({})), WRONG_KEY],
    ["a known kid, and another key", bearer(forgedBy({ kid: key.kid })), WRONG_KEY],
    ["a key in its header (jwk)", bearer(forgedBy({ jwk: asJwk(strange) })), WRONG_KEY],
    ["a URL of keys (jku)", bearer(forgedBy({ jku: "http://127.0.0.1:1/" })), WRONG_KEY],
    ["a URL of a certificate (x5u)", bearer(forgedBy({ x5u: "http://127.0.0.1:1/" })), WRONG_KEY],
    ["a crit header", bearer(signToken(key, claims, { crit: ["x"], x: 1 })), WRONG_WAY],
    ["changed claims", bearer(changed()), WRONG_KEY],
    [
      "expired",
      bearer(signToken(key, { ...claims, exp: now - 40 })),
      invalid("The token has expired."),
    ],
    [
      "an invalid exp",
      bearer(signToken(key, { ...claims, exp: "9" })),
      invalid("The token has a malformed exp."),
    ],
    [
      "not valid yet",
      bearer(signToken(key, { ...claims, nbf: now + 600 })),
      invalid("The token is not valid yet."),
    ],
    [
      "an invalid nbf",
      bearer(signToken(key, { ...claims, nbf: "9" })),
      invalid("The token has a malformed nbf."),
    ],
    ["no exp", bearer(signToken(key, without("exp"))), invalid("The token has no exp.")],
    ["no sub", bearer(signToken(key, without("sub"))), invalid("The token has no sub.")],
    [
      "a sub that is not a string",
      bearer(signToken(key, { ...claims, sub: 1 })),
      invalid("The token has a malformed sub."),
    ],
    ["no aud", bearer(signToken(key, without("aud"))), invalid("The token has no aud.")],
    [
      "another audience",
      bearer(signToken(key, { ...claims, aud: ["boats"] })),
      invalid("The token is for another audience."),
    ],
    [
      "another issuer",
      bearer(signToken(key, { ...claims, iss: `${claims.iss}/` })),
      invalid("The token is from another issuer."),
    ],
    ["no issuer", bearer(signToken(key, without("iss"))), invalid("The token has no iss.")],
  ])("is refused with %s", async (_name, authorization, [status, { detail, header }]) => {
    const req = request(app).get("/me");
    const res = await (authorization === undefined ? req : req.set("Authorization", authorization));
    expect([res.status, res.headers["content-type"], JSON.parse(res.text)]).toEqual([
      status,
      "application/problem+json; charset=utf-8",
      problem(status, TITLES[status], { detail }),
    ]);
    expect(res.headers["www-authenticate"]).toBe(header);
    expect(log.map(({ level }) => level)).not.toContain("error");
  });

  it.each([
    `${encode({ alg: "none" })}.${encode(claims)}.`,
    signWithSecret(pem, claims, { kid: key.kid }),
    signToken(key, claims, { crit: ["x"], x: 1 }),
    "a.b.c",
  ])("does not fetch the issuer's keys for a token that no key can verify: %s", async (text) => {
    await request(app).get("/me").set("Authorization", bearer(text)).expect(401);
    expect(issuer.asked()).toBe(0);
  });

  it("is refused with two Authorization headers", async () => {
    const { port } = await startHttpService(app);
    const headers = { Authorization: [bearer(good), bearer(good)] };
    const res = await new Promise<IncomingMessage>((resolve) =>
      httpRequest({ port, path: "/me", headers }, resolve).end(),
    );
    expect([res.statusCode, res.headers["www-authenticate"]]).toEqual([
      400,
      refusal("invalid_request", "The request has more than one Authorization header.").header,
    ]);
    res.resume();
  });

  it("is refused with a header of 1 MB by the parser", async () => {
    const { port } = await startHttpService(app, { refuse: refusals(createTestLogger().logger) });
    const authorization = bearer("A".repeat(1_000_000));
    const res = await request(`http://127.0.0.1:${port}`).get("/me").set({ authorization });
    expect(res.status).toBe(431);
    expect(JSON.parse(res.text)).toEqual(
      problem(431, "Request Header Fields Too Large", {
        detail: "The request's head is larger than this service accepts.",
      }),
    );
  });

  it.each(["Bearer", "bearer", "BEARER "])("passes with a valid token after %j", async (scheme) => {
    const res = await request(app).get("/me").set("Authorization", `${scheme} ${good}`);
    expect([res.status, res.body]).toEqual([200, "ann"]);
    expect(res.headers).not.toHaveProperty("www-authenticate");
  });

  it("passes with a clock skew of up to half a minute, and for one of several audiences", async () => {
    const nowS = Math.floor(Date.now() / 1000);
    const late = { ...claims, exp: nowS - 20, nbf: nowS + 20, aud: ["boats", "ships"] };
    await request(app)
      .get("/me")
      .set("Authorization", bearer(signToken(key, late)))
      .expect(200);
  });

  it("gets 503 while the keys cannot be fetched, and the log says why", async () => {
    await issuer.stop();
    const res = await request(app).get("/me").set("Authorization", bearer(good));
    expect([res.status, res.headers["retry-after"], JSON.parse(res.text)]).toEqual([
      503,
      "5",
      problem(503, "Service Unavailable", {
        detail: "The token issuer is not available at the moment.",
      }),
    ]);
    expect(res.headers).not.toHaveProperty("www-authenticate");
    expect(log.map(({ level }) => level)).toContain("error");
    await request(app).get("/me").set("Authorization", "Bearer a.b.c").expect(401);
  });
});

function changed(): string {
  const [header, , signature] = good.split(".");
  return [header, encode({ ...claims, sub: "eve" }), signature].join(".");
}

describe("a request that needs scopes", () => {
  it.each([
    { scope: "fleet fleet:read" },
    { scope: "a fleet:read b fleet c" },
    { scope: ["fleet", "fleet:read"] },
    { scp: ["fleet", "fleet:read"] },
    { scp: "fleet:read fleet" },
    { scope: "fleet", scp: ["fleet:read"] },
  ])("passes with %j", async (granted) => {
    const res = await request(app)
      .get("/fleet")
      .set("Authorization", bearer(signToken(key, { ...claims, ...granted })));
    expect([res.status, res.body]).toEqual([200, { ...claims, ...granted }]);
  });

  it.each([
    {},
    { scope: "fleet" },
    { scope: "fleet:read:all fleet" },
    { scope: "FLEET fleet:read" },
    { scope: ["fleet fleet:read"] },
    { scope: { fleet: true, "fleet:read": true } },
    { scp: null },
  ])("is refused with %j", async (granted) => {
    const res = await request(app)
      .get("/fleet")
      .set("Authorization", bearer(signToken(key, { ...claims, ...granted })));
    const detail = "The token lacks a scope: it needs fleet:read, fleet.";
    expect([res.status, JSON.parse(res.text)]).toEqual([
      403,
      problem(403, "Forbidden", { detail }),
    ]);
    expect(res.headers["www-authenticate"]).toBe(
      `Bearer realm="ships", error="insufficient_scope", error_description="${detail}", scope="fleet:read fleet"`,
    );
  });
});

describe("requireToken", () => {
  const verifier: TokenVerifier = {
    audience: "ships",
    verify: () => Promise.reject(new Error("x")),
  };

  it("throws at start when no issuer is configured", () => {
    expect(() => requireToken(undefined)).toThrow(
      "set AUTH_JWKS_URL, AUTH_ISSUER and AUTH_AUDIENCE",
    );
  });

  it.each(['a"b', "a\\b", "a\nb", "ä"])("rejects the invalid scope %j", (scope) => {
    expect(() => requireToken(verifier, { scope })).toThrow(TypeError);
  });

  it("responds 500 when the verifier itself fails", async () => {
    const { app } = createTestApp((router) => void router.use(requireToken(verifier)));
    await request(app).get("/").set("Authorization", "Bearer a").expect(500);
  });

  it("adds what it requires to the OpenAPI document of the routes after it", () => {
    const describeIt = describeRoute({
      summary: "Lists.",
      responses: { 200: v.any() },
      problems: { 503: "The harbour is away." },
    });
    const router = Router()
      .get("/open", describeRoute({ summary: "Lists.", responses: { 200: v.any() } }))
      .use(requireToken(verifier))
      .get("/closed", requireToken(verifier, { scope: "fleet" }), describeIt, (_req, res) => {
        res.json({});
      });
    const document = openApiDocument(express().use(router).router, { title: "a", version: "1" });
    expect(document.components.securitySchemes).toEqual({
      bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    });
    expect(document.paths["/open"]?.get).toMatchObject({ security: [] });
    expect(document.paths["/closed"]?.get).toMatchObject({
      security: [{ bearer: ["fleet"] }],
      responses: {
        401: { description: expect.stringContaining("WWW-Authenticate") as string },
        403: { description: "The token lacks a scope: it needs fleet." },
        503: { description: "The harbour is away." },
      },
    });
    const { responses } = document.paths["/open"]?.get as { responses: object };
    expect(Object.keys(responses)).toEqual(["200", "default"]);
  });
});
