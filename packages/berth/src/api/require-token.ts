// Lets only those pass who bring a token, and hands on what it says.
import type { Request, RequestHandler } from "express";
import { describes } from "../http/description";
import { Problem } from "../http/problem";
import { requestValue } from "../http/request-value";

/** What a token says. */
export interface Claims {
  /** Whom it is about, or which program. */
  sub: string;
  [claim: string]: unknown;
}

/** What is needed to tell a good token. */
export interface TokenVerifier {
  /** For whom tokens have to be. */
  audience: string;
  /**
   * Resolves with what a token says.
   * @throws Error with the status 401 when it is not to be believed; its message says why, and the client sees it.
   */
  verify(this: void, token: string): Promise<Claims>;
}

/** What a token has to have. */
export interface TokenOptions {
  /** All of these scopes, with a space between; none by default. */
  scope?: string;
}

/** What the token of this request says, behind `requireToken`. */
export const token = requestValue<Claims>("token");

/**
 * Answers 401 to who brings no good token, and 403 to whose token lacks a scope.
 * @param tokens Undefined where no issuer is configured.
 * @throws Error at start when no issuer is configured: a forgotten variable must not open a route; TypeError for a
 *   scope that cannot be one.
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */
export function requireToken(
  tokens: TokenVerifier | undefined,
  { scope = "" }: TokenOptions = {},
): RequestHandler {
  if (!tokens) throw new Error(NO_ISSUER);
  if (!SCOPES.test(scope)) throw new TypeError(`These are no scopes: ${JSON.stringify(scope)}`);
  const scopes = scope.split(" ").filter(Boolean);
  const { audience, verify } = tokens;
  /** Says to the client what it lacks. */
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
    if (text === undefined) throw refusal(401, "A bearer token is needed.");
    try {
      return await verify(text);
    } catch (err) {
      const { status, message } = err as { status?: unknown; message: string };
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
  const problems: Record<number, string> = {
    401: "There is no token, or none that is good; `WWW-Authenticate` says why.",
    503: "The token issuer is away, and its keys are not known.",
  };
  if (scopes.length > 0) problems[403] = lacksScope;
  return describes(handler, { security: { name: "bearer", scheme: SCHEME, scopes }, problems });
}

/** The token that a request brings; undefined when it brings none. @throws Problem when it brings something like one. */
function credentialsOf(
  req: Request,
  refusal: (status: number, detail: string, error: string) => Problem,
): string | undefined {
  const [credentials = "", second] = req.headersDistinct.authorization ?? [];
  // Whoever stands in front may have looked at the other one.
  if (second !== undefined) throw refusal(400, "There are several tokens.", "invalid_request");
  if (!/^bearer(?: |$)/i.test(credentials)) return undefined;
  const [, text] = BEARER.exec(credentials) ?? [];
  if (text === undefined) {
    const detail = "The header must be: Authorization: Bearer TOKEN";
    throw refusal(400, detail, "invalid_request");
  }
  return text;
}

/** A text with spaces, as OAuth has it, or a list, as some issuers have it. */
const scopesOf = ({ scope, scp }: Claims): unknown[] =>
  [scope, scp].flatMap((of) => (typeof of === "string" ? of.split(" ") : of));

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const BEARER = /^bearer +([\w.~+/-]+=*)$/i;

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
const SCOPES = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const SCHEME = { type: "http", scheme: "bearer", bearerFormat: "JWT" };

const NO_ISSUER =
  "A route requires a token, and nobody is known who issues any: set AUTH_JWKS_URL, AUTH_ISSUER and AUTH_AUDIENCE";

const challenge = (params: object): string =>
  `Bearer ${Object.entries(params)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ")}`;
