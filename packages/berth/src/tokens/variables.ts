// The variables that say which access tokens are accepted.
import * as v from "valibot";
import { type Environment, optional, type Variable, variable } from "../process/environment";

/** Compared with a claim of the token, and quoted in a response header. */
const quotable = v.pipe(
  v.string(),
  v.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/),
  v.description("a text of ASCII, without spaces, quotes and backslashes"),
);

/** The variables of a process with routes that require a token. The examples are those of `berth issuer`. */
export const tokenVariables = {
  AUTH_JWKS_URL: variable({
    // A URL with a password in it is refused, and its query may contain an API key.
    secret: true,
    schema: v.pipe(
      v.string(),
      v.regex(/^https?:\/\/[^/?#@]+([/?]|$)/),
      v.check((url) => URL.canParse(url)),
      v.description("https://host/path of a JSON Web Key Set"),
    ),
    example: "http://127.0.0.1:5200/jwks.json",
    about: "The URL of the token issuer's public keys. Without it no route can require a token.",
  }),
  AUTH_ISSUER: variable({
    schema: quotable,
    example: "http://127.0.0.1:5200",
    about: "The issuer of accepted tokens: their `iss` must equal it.",
  }),
  AUTH_AUDIENCE: variable({
    schema: quotable,
    example: "development",
    about: "The audience of accepted tokens: their `aud` must equal or contain it.",
  }),
};

/** One without the others would accept too many tokens, or none. */
const together = (value: string | undefined, env: Environment): string | undefined => {
  const missing = Object.keys(tokenVariables).filter((name) => env[name] === undefined);
  if (missing.length > 0) throw new Error(`${missing.join(" and ")} must be set, too`);
  return value;
};

const optionally = (of: Variable<v.GenericSchema<string, string>>) => {
  const { schema, example = "", about, secret } = of;
  const isSecret = secret && { secret };
  return variable({ schema: optional(schema), example, about, ...isSecret, complete: together });
};

/** The same variables, all optional, for a process that has no such routes yet. */
export const optionalTokenVariables = {
  AUTH_JWKS_URL: optionally(tokenVariables.AUTH_JWKS_URL),
  AUTH_ISSUER: optionally(tokenVariables.AUTH_ISSUER),
  AUTH_AUDIENCE: optionally(tokenVariables.AUTH_AUDIENCE),
};
