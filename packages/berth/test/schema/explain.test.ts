import * as v from "valibot";
import type { Problem } from "../../src/request/problem";
import { explain, explainText } from "../../src/schema/explain";
import { arrayOf, integer, object, oneOf, someOf, text } from "../../src/schema/fields";
import { queryInteger, queryList } from "../../src/schema/query-fields";
import { byPointer, validate } from "../../src/schema/validate";

/** The message for a value. */
const messagesOf = (schema: v.GenericSchema, value: unknown): string[] =>
  v.safeParse(schema, value).issues?.map(explain) ?? [];

/** The errors for a body. */
function errorsOf(schema: v.GenericSchema, body: unknown): unknown {
  try {
    validate(schema, body, 422, "Some fields are not valid.", byPointer);
  } catch (err) {
    return (err as Problem).members.errors;
  }
  return [];
}

describe("the message for a text that was sent several times", () => {
  const REPEATED = "must not be sent more than once";

  it.each<[string, v.GenericSchema, string]>([
    ["one", text(1, 5), REPEATED],
    ["an optional one", v.optional(oneOf("a", "b")), REPEATED],
    ["one of two forms", v.union([v.literal("a"), queryInteger(1, 2)]), REPEATED],
    ["a list", queryList(text(1, 1), 0, 1), "must have at most 1 item"],
    [
      "one or a list",
      v.union([v.literal("a"), v.pipe(v.array(v.string()), v.maxLength(1))]),
      "must have at most 1 item",
    ],
  ])("of %s", (_what, schema, message) => {
    const { issues } = v.safeParse(object({ field: schema }), { field: ["a", "b"] });
    expect(issues?.map(explainText)).toEqual([message]);
  });
});

const string = (...checks: [v.GenericValidation<string>]) => v.pipe(v.string(), ...checks);
const number = (...checks: [v.GenericValidation<number>]) => v.pipe(v.number(), ...checks);
const card = object({ kind: v.literal("card"), digits: v.string() });
const cash = object({ kind: v.literal("cash") });
const payment = v.variant("kind", [card, cash]);

describe("the message for a client", () => {
  it.each<[string, v.GenericSchema, unknown, string]>([
    ["an e-mail address", string(v.email()), "secret", "must be a valid email"],
    ["a URL", string(v.url()), "secret", "must be a valid URL"],
    ["a UUID", string(v.uuid()), "secret", "must be a valid UUID"],
    ["an ISO date", string(v.isoDate()), "secret", "must be a valid date"],
    ["an ISO timestamp", string(v.isoTimestamp()), "secret", "must be a valid timestamp"],
    ["an IP address", string(v.ip()), "secret", "must be a valid IP"],
    ["a pattern", string(v.regex(/^\d+$/)), "secret", "must match /^\\d+$/"],
    ["a start", string(v.startsWith("x-")), "secret", 'must start with "x-"'],
    ["an end", string(v.endsWith(".ts")), "secret", 'must end with ".ts"'],
    ["contained text", string(v.includes("@")), "secret", 'must contain "@"'],
    ["a length", string(v.length(3)), "secret", "must have 3 characters"],
    ["a shortest length", string(v.minLength(9)), "secret", "must have at least 9 characters"],
    ["non-empty text", string(v.nonEmpty()), "", "must not be empty"],
    ["a whole number", integer(1, 9), 1.5, "must be a whole number"],
    ["a safe integer", number(v.safeInteger()), 2 ** 60, "must be a whole number"],
    ["a multiple", number(v.multipleOf(5)), 3, "must be a multiple of 5"],
    ["more than a bound", number(v.gtValue(3)), 3, "must be more than 3"],
    ["less than a bound", number(v.ltValue(3)), 3, "must be less than 3"],
    ["one value", number(v.value(3)), 4, "must be 3"],
    ["some values", v.pipe(v.string(), v.values(["a", "B"])), "s", 'must be one of "a", "B"'],
    ["a list of values", oneOf("BASIC", "GOLD"), "gold", 'must be one of "BASIC", "GOLD"'],
    ["values like a list", oneOf("a | b", "(c)"), "a", 'must be one of "a | b", "(c)"'],
    ["valibot's list", v.picklist(["BASIC", "GOLD"]), "x", 'must be one of "BASIC", "GOLD"'],
    ["a list of one", v.picklist(["BASIC"]), "basic", 'must be "BASIC"'],
    ["a list of numbers", v.picklist([1, -2]), 3, "must be one of 1, -2"],
    ["an enum", v.enum({ Up: "UP", Down: "DOWN" }), "up", 'must be one of "UP", "DOWN"'],
    ["a type", v.boolean(), "true", "must be of type boolean"],
    ["not null", v.nonNullable(v.nullable(v.string())), null, "must not be null"],
    ["neither null nor undefined", v.nonNullish(v.nullish(v.string())), null, "must not be null"],
    [
      "one of two types",
      v.union([v.string(), v.number()]),
      true,
      "must be of type string or of type number",
    ],
    [
      "one of two literals",
      v.union([v.literal("BASIC"), v.literal("GOLD")]),
      "gold",
      'must be "BASIC" or "GOLD"',
    ],
    [
      "one of two formats",
      v.union([string(v.email()), string(v.url())]),
      "secret",
      "must be a valid email or a valid URL",
    ],
    [
      "one of two objects",
      v.union([card, cash]),
      { kind: "gold" },
      "matches none of the allowed forms",
    ],
    ["an unknown kind", payment, { kind: "CARD" }, 'must be one of "card", "cash"'],
    ["an object without a kind", payment, {}, "is required"],
    ["a value that is not an object", payment, 5, "must be of type object"],
    ["a record's value", v.record(v.string(), v.number()), { a: "b" }, "must be of type number"],
    [
      "a record's name",
      v.record(string(v.maxLength(2)), v.number()),
      { secret: 1 },
      "has a name that must have at most 2 characters",
    ],
    [
      "a record's listed name",
      v.record(oneOf("a", "b"), v.number()),
      { c: 1 },
      'has a name that must be one of "a", "b"',
    ],
    [
      "too small a record",
      v.pipe(v.record(v.string(), v.number()), v.minEntries(1)),
      {},
      "must have at least 1 field",
    ],
    [
      "too large a record",
      v.pipe(v.record(v.string(), v.number()), v.maxEntries(0)),
      { a: 1 },
      "must have at most 0 fields",
    ],
    ["a tuple's missing item", v.tuple([v.string(), v.number()]), ["a"], "is required"],
    ["more items than a tuple has", v.strictTuple([v.string()]), ["a", "b"], "must not be present"],
    ["a check without a message", string(v.check(() => false)), "secret", "is not valid"],
    ["a custom type without a message", v.custom(() => false), "secret", "is not valid"],
    [
      "a custom message",
      string(v.email("must be an e-mail address")),
      "x",
      "must be an e-mail address",
    ],
    ["a check with a message", string(v.check(() => false, "must be free")), "x", "must be free"],
    ["a type with a message", v.string("must be words"), 1, "must be words"],
    [
      "a union with a message",
      v.union([card, cash], "must be card or cash"),
      1,
      "must be card or cash",
    ],
    [
      "a custom message that begins like valibot's",
      string(v.email("Invalid: ask us")),
      "x",
      "Invalid: ask us",
    ],
    ["no field at all", someOf(card), {}, "must have at least one field"],
  ])("says %s", (_name, schema, value, detail) => {
    expect(messagesOf(schema, value)).toEqual([detail]);
  });

  it("locates errors in nested values", () => {
    const order = object({
      lines: arrayOf(
        object({ sku: text(1, 5), price: integer(0, 9), tags: v.array(oneOf("A")) }),
        1,
        9,
      ),
      pay: payment,
      at: v.tuple([v.number(), v.number()]),
      notes: v.record(v.string(), v.string()),
    });
    const line = { sku: "a", price: 1, tags: [] };
    const body = {
      lines: [line, { ...line, price: "1", tags: ["A", "a"], admin: true }, {}],
      pay: { kind: "card", digits: 5 },
      at: [1, "2"],
      notes: { "a/b": 5 },
    };
    expect(errorsOf(order, body)).toEqual([
      { pointer: "/lines/1/price", detail: "must be of type number" },
      { pointer: "/lines/1/tags/1", detail: 'must be one of "A"' },
      { pointer: "/lines/1/admin", detail: "is not a known field" },
      { pointer: "/lines/2/sku", detail: "is required" },
      { pointer: "/lines/2/price", detail: "is required" },
      { pointer: "/lines/2/tags", detail: "is required" },
      { pointer: "/pay/digits", detail: "must be of type string" },
      { pointer: "/at/1", detail: "must be of type number" },
      { pointer: "/notes/a~1b", detail: "must be of type string" },
    ]);
    expect(errorsOf(order, { ...body, lines: [] })).toContainEqual({
      pointer: "/lines",
      detail: "must have at least 1 item",
    });
  });
});
