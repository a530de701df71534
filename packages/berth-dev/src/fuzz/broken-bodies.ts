// Makes bodies that break a rule of their fields, or are no JSON at all.
import type fc from "fast-check";
import type { JsonSchema, Judge } from "./document";
import { faultsOf } from "./faults";
import type { Draft } from "./requests";

/** Bodies in which one rule of the schema is broken. */
export function brokenFields(body: JsonSchema, judge: Judge): fc.Arbitrary<Partial<Draft>>[] {
  return faultsOf(body, judge).map(({ rule, values }) =>
    // What is no object or array is refused before its fields are looked at.
    values.map((value) => ({
      body: JSON.stringify(value),
      broken: `the body${rule.startsWith("/") ? "'s" : ""} ${rule}`,
      refusals: [400, 422],
    })),
  );
}

/** Larger than any limit that is usual. */
const TOO_LARGE = 2_000_000;

const bodyFault = (
  broken: string,
  refusals: readonly number[],
  body: string | Buffer,
  headers: object = {},
): Partial<Draft> => ({
  broken: `the body ${broken}`,
  refusals,
  body,
  headers: { "Content-Type": "application/json", ...headers },
});

/** What no route takes that wants JSON. */
export const BROKEN_BODIES: readonly Partial<Draft>[] = [
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
  ].map((text) => bodyFault("is not JSON", [400], text)),
  ...["1", '"text"', "null", "true"].map((text) => bodyFault("is no object", [400, 422], text)),
  bodyFault("is nested without end", [400, 422], "[".repeat(20_000) + "]".repeat(20_000)),
  bodyFault("is not UTF-8", [400], Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
  bodyFault("is UTF-16", [400], Buffer.from('\ufeff{"a":1}', "utf16le")),
  bodyFault("is too large", [413], `{"a":"${" ".repeat(TOO_LARGE)}"}`),
  ...[
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "",
    "x",
  ].map((type) => bodyFault("is of another content type", [415], "{}", { "Content-Type": type })),
  bodyFault("is of another charset", [415], "{}", {
    "Content-Type": "application/json; charset=utf-16",
  }),
  bodyFault("is of an unknown encoding", [415], "{}", { "Content-Encoding": "zip" }),
  bodyFault("is not compressed as it says", [400], "{}", { "Content-Encoding": "gzip" }),
];
