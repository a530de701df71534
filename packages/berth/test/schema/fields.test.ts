import * as v from "valibot";
import * as fields from "../../src/schema/fields";
import * as queryFields from "../../src/schema/query-fields";
import { jsonSchemaOf } from "../../src/testing/json-schema";
import { judgeOf } from "../support/json-schema";

const { arrayOf, date, dateTime, id, integer, money, object, oneOf, someOf, text } = fields;
const { pageQuery, queryBoolean, queryInteger, queryList } = queryFields;

/** A field, its JSON Schema, and values that it accepts and rejects. */
interface Sample {
  schema: v.GenericSchema;
  json: object;
  takes: unknown[];
  refuses: unknown[];
  /** What a client sends for a value; in a body, the value itself. */
  send?: (value: unknown) => unknown;
}

const wellFormed = "^[^\\u0000\\ud800-\\udfff]*$";
const idJson = { type: "string", pattern: "^[1-9]\\d{0,18}$", format: "int64" };
const asQuery = (value: unknown) =>
  Object.fromEntries(
    Object.entries(value as object).map(([key, of]) => [key, of === null ? [] : String(of)]),
  );
const asTexts = (value: unknown) =>
  Array.isArray(value) && value.length === 1 ? String(value[0]) : value;

const bodies: Record<keyof typeof fields, Sample> = {
  text: {
    schema: text(2, 3),
    json: { type: "string", minLength: 2, maxLength: 3, pattern: wellFormed },
    takes: ["ab", "abc", "äöü", "🚢🚢", "🚢🚢🚢", "a🚢\n"],
    refuses: ["a", "abcd", "🚢", "🚢🚢🚢🚢", "a\0", "a\ud800", "\udc00b", 12, null, ["ab"]],
  },
  oneOf: {
    schema: oneOf("BASIC", "GOLD"),
    json: { type: "string", enum: ["BASIC", "GOLD"] },
    takes: ["BASIC", "GOLD"],
    refuses: ["gold", "", "BASIC, GOLD", null],
  },
  integer: {
    schema: integer(1, 9),
    json: { type: "integer", minimum: 1, maximum: 9 },
    takes: [1, 9, 5.0],
    refuses: [0, 10, 1.5, "1", null, 1e300],
  },
  id: {
    schema: id,
    json: idJson,
    takes: ["1", "42", "999999999999999999", "9223372036854775807"],
    refuses: ["9223372036854775808", "0", "01", "-1", "1.5", "1e3", "", " 1", "1\n", 1, "٣"],
  },
  date: {
    schema: date,
    json: { type: "string", format: "date", pattern: "^(?!0000)" },
    takes: ["2026-11-01", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"],
    refuses: [
      ...["2026-02-31", "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-01"],
      ...["2026-01-00", "0000-01-01", "2026-1-1", "20260101", "2026-11-01T00:00:00Z", "", 20261101],
      ...["2026-11-01\n", "+002026-11-01"],
    ],
  },
  dateTime: {
    schema: dateTime,
    json: {
      type: "string",
      format: "date-time",
      pattern: expect.stringMatching(/^\^.*\$$/) as string,
    },
    takes: [
      ...["2026-11-01T12:30:00Z", "2026-11-01T12:30:00.123456+01:00", "2024-02-29T23:59:59-15:59"],
      ...["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"],
    ],
    refuses: [
      ...["2026-11-01T12:30:00", "2026-02-31T12:30:00Z", "2026-11-01T24:00:00Z", "2026-11-01"],
      ...["2026-11-01T12:30:60Z", "2026-11-01T23:59:60Z", "2026-11-01T12:30:00+16:00", ""],
      // In UTC, or rounded to microseconds, these are outside of the years 1 to 9999.
      ...["0001-01-01T02:03:54+15:59", "9999-12-31T23:00:00-01:00"],
      "9999-12-31T23:59:59.9999999Z",
      ...["2026-11-01 12:30:00Z", "2026-11-01t12:30:00z", "0000-11-01T12:30:00Z"],
      ...["2026-11-01T12:30:00.Z", "2026-11-01T12:30Z", "2026-11-01T12:30:00+0100", 1793536200],
    ],
  },
  money: {
    schema: money("EUR", "JPY"),
    json: {
      type: "object",
      properties: {
        amount: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        currency: { type: "string", enum: ["EUR", "JPY"] },
      },
      required: ["amount", "currency"],
      additionalProperties: false,
    },
    takes: [
      { amount: 0, currency: "EUR" },
      { amount: 2 ** 53 - 1, currency: "JPY" },
    ],
    refuses: [
      { amount: 12.5, currency: "EUR" },
      { amount: -1, currency: "EUR" },
      { amount: 2 ** 53, currency: "EUR" },
      { amount: 1, currency: "USD" },
      { amount: "1", currency: "EUR" },
      { amount: 1 },
      { currency: "EUR" },
      12.5,
    ],
  },
  arrayOf: {
    schema: arrayOf(integer(1, 9), 1, 2),
    json: {
      type: "array",
      items: { type: "integer", minimum: 1, maximum: 9 },
      minItems: 1,
      maxItems: 2,
    },
    takes: [[1], [1, 2]],
    refuses: [[], [1, 2, 3], [10], ["1"], {}, { 0: 1, length: 1 }, 1],
  },
  object: {
    schema: object({ name: text(1, 5), age: v.optional(integer(0, 150)) }),
    json: {
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 5, pattern: wellFormed },
        age: { type: "integer", minimum: 0, maximum: 150 },
      },
      required: ["name"],
      additionalProperties: false,
    },
    takes: [{ name: "a" }, { name: "a", age: 1 }],
    refuses: [{}, { age: 1 }, { name: "a", admin: true }, { name: "a", age: null }, [], "a", null],
  },
  someOf: {
    schema: someOf(object({ name: text(1, 5), tags: arrayOf(oneOf("a", "b"), 0, 2) })),
    json: {
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 5, pattern: wellFormed },
        tags: {
          type: "array",
          items: { type: "string", enum: ["a", "b"] },
          minItems: 0,
          maxItems: 2,
        },
      },
      required: [],
      additionalProperties: false,
      minProperties: 1,
    },
    takes: [{ name: "a" }, { tags: [] }, { name: "a", tags: ["a", "b"] }],
    refuses: [{}, { name: "" }, { name: null }, { tags: ["c"] }, { admin: true }, [], null],
  },
};

const queries: Record<keyof typeof queryFields | "pageQuery", Sample> = {
  queryInteger: {
    schema: queryInteger(-5, 100),
    json: { type: "integer", minimum: -5, maximum: 100 },
    takes: [-5, 0, 1, 100],
    refuses: [-6, 101, 1.5, "1 ", "", "abc", "1e1", "0x1", "01", "-0", "+1", "1".repeat(500)],
    send: String,
  },
  queryBoolean: {
    schema: queryBoolean,
    json: { type: "boolean" },
    takes: [true, false],
    refuses: ["", "1", "yes", "TRUE", 0],
    send: String,
  },
  queryList: {
    schema: queryList(oneOf("a", "b", "c"), 1, 2),
    json: {
      type: "array",
      items: { type: "string", enum: ["a", "b", "c"] },
      minItems: 1,
      maxItems: 2,
    },
    takes: [["a"], ["a", "b"]],
    refuses: [["a", "b", "c"], ["d"], ["a", "d"], [""]],
    send: asTexts,
  },
  pageQuery: {
    schema: object({ ...pageQuery(20, 100).entries, archived: v.optional(queryBoolean, "false") }),
    json: {
      type: "object",
      properties: {
        limit: { type: "integer", minimum: 1, maximum: 100, default: 20 },
        cursor: idJson,
        archived: { type: "boolean", default: false },
      },
      required: [],
      additionalProperties: false,
    },
    takes: [{}, { limit: 1 }, { limit: 100, cursor: "7" }, { archived: true }],
    refuses: [{ limit: 0 }, { limit: 101 }, { cursor: "x" }, { page: 2 }, { limit: null }],
    send: asQuery,
  },
};

describe.each(Object.entries<Sample>({ ...bodies, ...queries }))(
  "%s",
  (_name, { schema, json, takes, refuses, send = (value) => value }) => {
    it("has all its rules in JSON Schema", () => {
      expect(jsonSchemaOf(schema)).toEqual(json);
    });

    it("accepts and rejects the same values as its JSON Schema", () => {
      const judge = judgeOf(schema);
      const verdicts = (values: unknown[]) =>
        values.map((value) => [value, v.is(schema, send(value)), judge(value)]);
      expect(verdicts(takes)).toEqual(takes.map((value) => [value, true, true]));
      expect(verdicts(refuses)).toEqual(refuses.map((value) => [value, false, false]));
    });
  },
);

it("has a sample of every field", () => {
  const names = Object.keys({ ...fields, ...queryFields });
  const sampled = Object.keys({ ...bodies, ...queries });
  expect(names.sort()).toEqual(sampled.sort());
});

describe("an object derived from another", () => {
  const note = object({ title: text(1, 5), pinned: v.boolean() });

  it.each([
    ["with some fields optional", v.partial(note, ["title"]), { pinned: true }],
    ["with all fields optional", v.partial(note), {}],
    ["with some fields", v.pick(note, ["title"]), { title: "a" }],
    ["without some fields", v.omit(note, ["pinned"]), { title: "a" }],
    ["with more fields", object({ ...note.entries, id }), { title: "a", pinned: false, id: "1" }],
  ])("accepts its fields, but no array and no unknown fields: %s", (_name, schema, value) => {
    expect(v.parse(schema, value)).toEqual(value);
    expect([v.is(schema, []), v.is(schema, { ...value, admin: true })]).toEqual([false, false]);
  });
});

describe("a query", () => {
  it("is parsed into the values that its text stands for", () => {
    const schema = object({
      limit: queryInteger(1, 9),
      archived: queryBoolean,
      tag: v.optional(queryList(text(1, 5), 0, 3), []),
      page: v.optional(queryList(queryInteger(1, 9), 0, 3), []),
    });
    expect(v.parse(schema, { limit: "3", archived: "false", tag: "a", page: ["1", "2"] })).toEqual({
      limit: 3,
      archived: false,
      tag: ["a"],
      page: [1, 2],
    });
    expect(v.parse(schema, { limit: "3", archived: "true" })).toMatchObject({ tag: [], page: [] });
  });
});
