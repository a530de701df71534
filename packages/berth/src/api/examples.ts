// Gives texts an example that fits them: what tools make up of a pattern is noise.
import type { JsonSchema } from "./named-schemas";

const BY_FORMAT: Readonly<Record<string, string>> = {
  int64: "1",
  date: "2026-11-01",
  "date-time": "2026-11-01T12:30:00Z",
};

const TEXT = "Some text";

/** The schema, in which texts have an example that have none, where there is one that fits. */
export function withExamples(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withExamples);
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema).map(([key, value]) => [key, withExamples(value)]);
  const whole = Object.fromEntries(members) as JsonSchema;
  if (whole.type !== "string" || typeof whole.pattern !== "string" || whole.examples) return whole;
  const example = exampleOf(whole);
  return new RegExp(whole.pattern).test(example) ? { ...whole, examples: [example] } : whole;
}

function exampleOf({ format, minLength = 0, maxLength }: JsonSchema): string {
  const known = BY_FORMAT[String(format)];
  return known ?? TEXT.slice(0, Number(maxLength ?? TEXT.length)).padEnd(Number(minLength), ".");
}
