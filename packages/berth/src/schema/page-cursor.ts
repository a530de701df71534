// Cursors of lists that are sorted by several columns: opaque for clients, typed and checked for the service.
import * as v from "valibot";
import { checkAs } from "./json-schema";

/** The schemas of a cursor's values. */
type Values = readonly [v.GenericSchema, ...v.GenericSchema[]];

/** The values of a cursor. */
export type CursorValues<S extends Values> = { [Index in keyof S]: v.InferOutput<S[Index]> };

/** The longest cursor, in characters. */
const MAX_LENGTH = 2000;

/**
 * The cursor of a list that is sorted by several columns, for `pageQuery`: `pageCursor(date, id)`. In the URL it is base64url,
 * which `sendPage` makes of the values that `cursorOf` returns; the handler gets the values, checked by their schemas, as
 * clients can write a cursor of their own.
 */
export function pageCursor<const S extends Values>(...schemas: S) {
  const values = v.strictTuple(schemas as unknown as [v.GenericSchema, ...v.GenericSchema[]]);
  const parse = (text: string) => v.safeParse(values, decodeCursor(text));
  return v.pipe(
    v.string(),
    checkAs(
      {
        pattern: "^[\\w-]+$",
        format: "cursor",
        maxLength: MAX_LENGTH,
        description: "The cursor of a `Link` to the next page.",
      },
      (text: string) => /^[\w-]+$/.test(text) && text.length <= MAX_LENGTH && parse(text).success,
      "must be the cursor of a link to the next page",
    ),
    v.transform((text) => parse(text).output as CursorValues<S>),
  );
}

/** The text of a cursor with several values. */
export const encodeCursor = (values: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(values)).toString("base64url");

/** Undefined if it is not JSON. */
function decodeCursor(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString()) as unknown;
  } catch {
    return undefined;
  }
}
