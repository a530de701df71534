// Requires a bearer token (RFC 6750) with certain scopes, and passes its claims to the handler.
import type { Request, RequestHandler } from "express";
import type { HttpError } from "../request/http-error";
import { Problem } from "../request/problem";
import { requestValue } from "../request/request-value";
import { describes, type ProblemDescription } from "../schema/description";

/** The claims of a token. */
export interface Claims {
  /** The user or program that the token was issued for. */
  sub: string;
  [claim: string]: unknown;
}

/** Verifies tokens. */
export interface TokenVerifier {
  /** The audience that tokens must be issued for. */
  audience: string;
  /**
   * Resolves with the claims of a valid token.
   * @throws Error with status 401 when the token is invalid; the client sees its message, which says why.
   */
  verify(this: void, token: string): Promise<Claims>;
}

/** What a token must grant. */
export interface TokenOptions {
  /** Required scopes, separated by spaces; none by default. */
  scope?: string;
}

/** The claims of the request's token, after `requireToken`. */
export const token = requestValue<Claims>("token");

/**
 * Responds 401 without a valid token, 403 if the token lacks a required scope.
 * @param tokens Undefined if no issuer is configured.
 * @throws Error at start when no issuer is configured: a missing variable must not open a route. TypeError for an invalid
 *   scope.
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */
export function requireToken(
  tokens: TokenVerifier | undefined,
  { scope = "" }: TokenOptions = {},
): RequestHandler {
  if (!tokens) throw new Error(NO_ISSUER);
  if (!SCOPE_CHARACTERS.test(scope)) throw new TypeError(`Invalid scope: ${JSON.stringify(scope)}`);
  const scopes = scope.split(" ").filter(Boolean);
  const { audience, verify } = tokens;
  /** A problem with a WWW-Authenticate challenge, which says what the client needs. */
  const refusal = (status: number, detail: string, error?: string, params: object = {}): Problem =>
    new Problem(status, detail, undefined, {
      "WWW-Authenticate": challenge({
        realm: audience,
        ...(error !== undefined && { error, error_description: detail }),
        ...params,
      }),
    });

  async function claimsOf(req: Request): Promise<Claims> {
    const text = credentialsOf(req, refusal);
    if (text === undefined) throw refusal(401, "A bearer token is required.");
    try {
      return await verify(text);
    } catch (err) {
      const { status, message = "" } = err as Partial<HttpError>;
      throw status === 401 ? refusal(401, message, "invalid_token") : err;
    }
  }

  const lacksScope = `The token lacks a scope: it needs ${scopes.join(", ")}.`;
  const handler: RequestHandler = async (req, _res, next) => {
    const claims = await claimsOf(req);
    const granted = scopesOf(claims);
    if (!scopes.every((name) => granted.includes(name))) {
      throw refusal(403, lacksScope, "insufficient_scope", { scope: scopes.join(" ") });
    }
    token.set(req, claims);
    next();
  };
  const headers = {
    "WWW-Authenticate": "What kind of token is needed, and what is wrong with this one.",
  };
  const problems: Record<number, ProblemDescription> = {
    401: { when: "The token is missing or invalid; `WWW-Authenticate` says why.", headers },
    503: { when: "The token issuer is unavailable, and its keys are not cached." },
  };
  if (scopes.length > 0) problems[403] = { when: lacksScope, headers };
  return describes(handler, { security: { name: "bearer", scheme: SCHEME, scopes }, problems });
}

/** The request's token; undefined if it has none. @throws Problem 400 for malformed credentials. */
function credentialsOf(
  req: Request,
  refusal: (status: number, detail: string, error: string) => Problem,
): string | undefined {
  const [credentials = "", second] = req.headersDistinct.authorization ?? [];
  // A proxy in front may have checked one, and this service would use the other.
  if (second !== undefined)
    throw refusal(400, "The request has more than one Authorization header.", "invalid_request");
  if (!/^bearer(?: |$)/i.test(credentials)) return undefined;
  const [, text] = BEARER.exec(credentials) ?? [];
  if (text === undefined) {
    const detail = "The header must be: Authorization: Bearer TOKEN";
    throw refusal(400, detail, "invalid_request");
  }
  return text;
}

/** The granted scopes: a string separated by spaces, as in OAuth, or a list, as some issuers have it. */
const scopesOf = ({ scope, scp }: Claims): unknown[] =>
  [scope, scp].flatMap((claim) => (typeof claim === "string" ? claim.split(" ") : claim));

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const BEARER = /^bearer +([\w.~+/-]+=*)$/i;

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
const SCOPE_CHARACTERS = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const SCHEME = { type: "http", scheme: "bearer", bearerFormat: "JWT" };

const NO_ISSUER =
  "A route requires a token, but no token issuer is configured: set AUTH_JWKS_URL, AUTH_ISSUER and AUTH_AUDIENCE";

const challenge = (params: object): string =>
  `Bearer ${Object.entries(params)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ")}`;
