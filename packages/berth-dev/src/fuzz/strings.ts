// Generates strings for a schema, including edge cases: all alphabets, and the shortest and longest allowed.
import fc from "fast-check";
import type { JsonSchema } from "./document";

/** Longer strings would only test the limit of the body. In characters. */
const MAX_LENGTH = 10_000;

/** Strings that are known to break software. */
const EDGE_CASES = [
  ..."'\"\\/%&<>{}$;\u0000\u0001\t\n\r\u007f\u0085\u00a0\u200b\u2028\u202e\ufeff\uffff",
  ...["é", "e\u0301", "ß", "İ", "𝒳", "😀", "👨‍👩‍👧", "\ud800", "\udfff"],
  ...[
    "null",
    "NaN",
    "__proto__",
    "constructor",
    "' OR 1=1 --",
    "${7*7}",
    "../..",
    "%00",
    "\\u0000",
  ],
];

/** One code point, so that lengths count as in JSON Schema. */
const character = fc.oneof(
  { withCrossShrink: true },
  { weight: 6, arbitrary: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom(...EDGE_CASES.filter((text) => [...text].length === 1)) },
);

/** Strings that a schema may allow: the caller has to validate them. */
export function stringsOf({ minLength: min = 0, maxLength, pattern, format }: JsonSchema) {
  const max = Math.max(min, Math.min(maxLength ?? min + 100, MAX_LENGTH));
  // The maximum length is frequent, and shrinks to the shortest failing string.
  const long = fc
    .tuple(fc.constantFrom("a", "é", "😀", "'"), fc.integer({ min, max }))
    .map(([unit, length]) => unit.repeat(length));
  const plain = fc.oneof(
    { withCrossShrink: true },
    { weight: 12, arbitrary: fc.string({ unit: character, minLength: min, maxLength: max }) },
    { weight: 3, arbitrary: fc.constantFrom(...EDGE_CASES) },
    { weight: 4, arbitrary: long },
  );
  const formatted = format === undefined ? undefined : FORMATS[format];
  const patterned = pattern === undefined ? undefined : matching(pattern);
  return [formatted, plain, patterned].filter((texts) => texts !== undefined);
}

/** Undefined for patterns that are not supported, such as those with a lookahead. */
function matching(pattern: string): fc.Arbitrary<string> | undefined {
  try {
    return fc.stringMatching(new RegExp(pattern, "u"));
  } catch {
    return undefined;
  }
}

const digits = (value: number, count: number): string => String(value).padStart(count, "0");
const between = (min: number, max: number, count = 2) =>
  fc.integer({ min, max }).map((value) => digits(value, count));
const days = fc.oneof(
  fc.tuple(between(1, 9999, 4), between(1, 12), between(1, 31)).map((parts) => parts.join("-")),
  fc.constantFrom("0001-01-01", "9999-12-31", "2024-02-29", "1900-02-28", "2000-02-29"),
);
const times = fc
  .tuple(between(0, 23), between(0, 59), between(0, 59))
  .map((parts) => parts.join(":"));
const fractions = fc.oneof(fc.constant(""), fc.stringMatching(/^\.\d{1,9}$/));
const offsets = fc.oneof(
  fc.constantFrom("Z", "+00:00", "-15:59", "+15:59"),
  fc
    .tuple(fc.constantFrom("+", "-"), between(0, 15), between(0, 59))
    .map(([s, h, m]) => `${s}${h}:${m}`),
);
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,19}$/);

/** The plainest form of each format, as implementations differ. A pattern may reject some of them. */
const FORMATS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  date: days,
  time: times,
  "date-time": fc
    .tuple(days, times, fractions, offsets)
    .map(([day, time, fraction, offset]) => `${day}T${time}${fraction}${offset}`),
  int64: fc.oneof(
    fc.integer({ min: 1, max: 1000 }).map(String),
    fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
    fc.constantFrom("1", "9223372036854775807", "9007199254740993"),
  ),
  email: fc.tuple(word, word).map(([user, host]) => `${user}@${host}.example`),
  uuid: fc.uuid(),
  uri: fc.tuple(word, word).map(([host, path]) => `https://${host}.example/${path}`),
  ipv4: fc.ipV4(),
  ipv6: fc.constantFrom("2001:db8::1", "::1", "fe80::1:2:3:4"),
};
