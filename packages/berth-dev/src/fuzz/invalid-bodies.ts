// Generates bodies that violate the schema, or are not JSON at all.
import type fc from "fast-check";
import type { JsonSchema, SchemaValidator } from "./document";
import { violationsOf } from "./violations";
import type { Draft } from "./draft";

/** Bodies that violate one rule of the schema. */
export function invalidFields(
  body: JsonSchema,
  validator: SchemaValidator,
): fc.Arbitrary<Partial<Draft>>[] {
  return violationsOf(body, validator).map(({ rule, values }) =>
    // A body that is not an object or array is rejected before its fields are checked.
    values.map((value) => ({
      body: JSON.stringify(value),
      violation: `the body${rule.startsWith("/") ? "'s" : ""} ${rule}`,
      rejectStatuses: [400, 422],
    })),
  );
}

/** Larger than any common limit, in characters. */
const TOO_LARGE = 2_000_000;

const invalidBody = (
  violation: string,
  rejectStatuses: readonly number[],
  body: string | Buffer,
  headers: object = {},
): Partial<Draft> => ({
  violation: `the body ${violation}`,
  rejectStatuses,
  body,
  headers: { "Content-Type": "application/json", ...headers },
});

/** Bodies that every route for JSON rejects. */
export const INVALID_BODIES: readonly Partial<Draft>[] = [
  ...[
    "",
    "{",
    '{"a":',
    "{'a':1}",
    "[1,]",
    "undefined",
    "NaN",
    "{}{}",
    '{"a":1}x',
    "\u0000",
    "<a/>",
    '"\\x"',
  ].map((text) => invalidBody("is not JSON", [400], text)),
  ...["1", '"text"', "null", "true"].map((text) =>
    invalidBody("is not an object", [400, 422], text),
  ),
  invalidBody("is nested 20,000 levels deep", [400, 422], "[".repeat(20_000) + "]".repeat(20_000)),
  invalidBody("is not UTF-8", [400], Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
  invalidBody("is UTF-16", [400], Buffer.from('\ufeff{"a":1}', "utf16le")),
  invalidBody("is too large", [413], `{"a":"${" ".repeat(TOO_LARGE)}"}`),
  ...[
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "",
    "x",
  ].map((type) => invalidBody("is of another content type", [415], "{}", { "Content-Type": type })),
  invalidBody("is of another charset", [415], "{}", {
    "Content-Type": "application/json; charset=utf-16",
  }),
  invalidBody("is of an unknown encoding", [415], "{}", { "Content-Encoding": "zip" }),
  invalidBody("is not compressed as its header says", [400], "{}", { "Content-Encoding": "gzip" }),
];
