// The environment variable of sessions.
import * as v from "valibot";
import { variable } from "../process/environment";

/** The minimum length of a secret, in characters: 128 bits, if they are hexadecimal digits. */
export const MIN_SECRET_LENGTH = 32;

/** For `createSessions`. */
export const sessionVariables = {
  SESSION_SECRET: variable({
    secret: true,
    schema: v.pipe(
      v.string(),
      v.transform((text) => text.split(",").map((secret) => secret.trim())),
      v.check((secrets) => secrets.every(({ length }) => length >= MIN_SECRET_LENGTH)),
      v.readonly(),
      v.description(
        `${MIN_SECRET_LENGTH} random characters or more, or several such with commas between them, the newest first`,
      ),
    ),
    example: "replace-this-by-the-output-of-openssl-rand-hex-32",
    about:
      "Signs session cookies: the output of `openssl rand -hex 32`. To replace it, put the new one and a comma in front, and remove the old one a day later.",
  }),
};
