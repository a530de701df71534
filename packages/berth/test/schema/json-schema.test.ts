import * as v from "valibot";
import { object, oneOf, text } from "../../src/schema/fields";
import { checkAs } from "../../src/schema/json-schema";
import { jsonSchemaOf } from "../../src/testing/json-schema";
import { judgeOf } from "../support/json-schema";

const isPalindrome = (value: string) => value === [...value].reverse().join("");

describe("a schema whose JSON Schema would lose a rule", () => {
  interface Tree {
    children: Tree[];
  }
  const late: v.GenericSchema<Tree> = object({ children: v.array(v.lazy(() => lateTree())) });
  const lateTree = (): v.GenericSchema<Tree> =>
    v.pipe(
      late,
      v.readonly(),
      v.transform((x) => x),
      v.check(() => true),
    );

  it.each<[string, v.GenericSchema, RegExp]>([
    [
      "a check",
      object({ name: v.pipe(text(1, 9), v.check(isPalindrome, "must be a palindrome")) }),
      /^A "check" \("must be a palindrome"\) would be lost in JSON Schema: .* Use checkAs\(\) with its JSON Schema keywords\.$/,
    ],
    [
      "a check without a message",
      v.pipe(v.string(), v.check(isPalindrome)),
      /^A "check" would be lost/,
    ],
    [
      "a pattern that ignores case",
      v.pipe(v.string(), v.regex(/^a$/i)),
      /^A "regex" would be lost/,
    ],
    ["a card's check digit", v.pipe(v.string(), v.creditCard()), /^A "credit_card" would be lost/],
    ["a custom type", v.custom(() => true), /"custom" schema cannot be converted/],
    [
      "a rule after a transformation",
      object({ a: v.optional(object({ b: v.pipe(v.string(), v.trim(), v.minLength(1)) })) }),
      /^The "min_length" at "\/a\/b" would be lost in JSON Schema/,
    ],
    [
      "a type after a transformation",
      v.pipe(v.string(), v.transform(Number), v.number(), v.maxValue(9)),
      /^The "number" at "" would be lost/,
    ],
    [
      "a rule after a nested pipe's transformation",
      v.array(v.pipe(v.pipe(v.string(), v.toLowerCase()), v.maxLength(9))),
      /^The "max_length" at "" would be lost/,
    ],
    [
      "a rule in one of several forms",
      v.union([v.number(), v.pipe(v.string(), v.trim(), v.maxLength(9))]),
      /^The "max_length" at "" would be lost/,
    ],
    ["a rule in a recursive schema", late, /^The "check" at "\/children" would be lost/],
  ])("is refused for %s", (_name, schema, message) => {
    expect(() => jsonSchemaOf(schema)).toThrow(message);
  });
});

describe("a schema's JSON Schema", () => {
  it.each<[string, v.GenericSchema, object]>([
    [
      "a rule as a description",
      v.pipe(
        object({ from: v.number(), to: v.number() }),
        checkAs(
          { description: "`to` is more than `from`." },
          ({ from, to }: { from: number; to: number }) => to > from,
          "must end after it begins",
        ),
      ),
      { description: "`to` is more than `from`." },
    ],
    [
      "a second pattern",
      v.pipe(text(1, 5), v.regex(/^[A-Z]/), v.regex(/\d$/u)),
      {
        pattern: "^[^\\u0000\\ud800-\\udfff]*$",
        allOf: [{ pattern: "^[A-Z]" }, { pattern: "\\d$" }],
      },
    ],
    ["a pattern twice", v.pipe(v.string(), v.regex(/a/), v.regex(/a/)), { pattern: "a" }],
    [
      "the input of a transformation",
      v.pipe(v.string(), v.maxLength(5), v.trim(), v.brand("Name")),
      { type: "string", maxLength: 5 },
    ],
    ["rules after a brand", v.pipe(v.string(), v.brand("Name"), v.maxLength(5)), { maxLength: 5 }],
    ["a default", v.optional(oneOf("a", "b"), "a"), { type: "string", default: "a" }],
    ["null", v.nullable(v.number()), { anyOf: [{ type: "number" }, { type: "null" }] }],
  ])("has %s", (_name, schema, json) => {
    expect(jsonSchemaOf(schema)).toMatchObject(json);
  });

  it("keeps both patterns", () => {
    const judge = judgeOf(v.pipe(text(1, 5), v.regex(/^[A-Z]/), v.regex(/\d$/u)));
    expect(["A1", "A", "1", "A\x001"].map(judge)).toEqual([true, false, false, false]);
  });
});
