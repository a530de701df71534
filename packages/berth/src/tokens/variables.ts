// The variables that say whose tokens are believed.
import * as v from "valibot";
import { type Environment, optional, type Variable, variable } from "../process/environment";

/** What has to be in a token, and may be in a header. */
const quotable = v.pipe(
  v.string(),
  v.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/),
  v.description("a text of ASCII, without spaces, quotes and backslashes"),
);

/** What a process reads that has routes for those who bring a token. The examples are `scripts/dev/issuer`. */
export const tokenVariables = {
  AUTH_JWKS_URL: variable({
    // It is refused with a password in it, and may have a key in its query.
    secret: true,
    schema: v.pipe(
      v.string(),
      v.regex(/^https?:\/\/[^/?#@]+([/?]|$)/),
      v.check((url) => URL.canParse(url)),
      v.description("https://host/path of a JSON Web Key Set"),
    ),
    example: "http://127.0.0.1:5200/jwks.json",
    about:
      "Where the issuer of tokens has its public keys. Without it no route can require a token.",
  }),
  AUTH_ISSUER: variable({
    schema: quotable,
    example: "http://127.0.0.1:5200",
    about: "Who must have issued a token: its `iss`, to the letter.",
  }),
  AUTH_AUDIENCE: variable({
    schema: quotable,
    example: "development",
    about: "For whom a token must be: its `aud`, or one of them.",
  }),
};

/** One without the others would believe too much, or nothing. */
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

/** The same, all of which may be unset, for a process that has no such routes yet. */
export const optionalTokenVariables = {
  AUTH_JWKS_URL: optionally(tokenVariables.AUTH_JWKS_URL),
  AUTH_ISSUER: optionally(tokenVariables.AUTH_ISSUER),
  AUTH_AUDIENCE: optionally(tokenVariables.AUTH_AUDIENCE),
};
