// Names of what is generated, and its fields.
import { parseFields } from "../../src/generate/fields";
import {
  camel,
  kebab,
  parseFeatureName,
  pascal,
  snake,
  withArticle,
} from "../../src/generate/names";
import { sqlName } from "../../src/generate/sql-names";
import { readOptions } from "../../src/generate/options";

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (err) {
    return (err as Error).message;
  }
  return "no error";
};
const LONG = "x".repeat(300);

describe("the name of a feature", () => {
  it.each([
    ["orders", "order", "orders"],
    ["Order", "order", "orders"],
    ["orderLines", "order-line", "order-lines"],
    ["order_line", "order-line", "order-lines"],
    ["people", "person", "people"],
    ["categories", "category", "categories"],
    ["address", "address", "addresses"],
  ])("%s is one %s, and several %s", (name, singular, plural) => {
    const { singular: one, plural: many } = parseFeatureName(name);
    expect([kebab(one), kebab(many)]).toEqual([singular, plural]);
  });

  it("has the singular that is given", () => {
    const { singular, plural } = parseFeatureName("caches", "cache");
    expect([kebab(singular), kebab(plural)]).toEqual(["cache", "caches"]);
  });

  it("is written as code, tables and prose have it", () => {
    const { singular, plural } = parseFeatureName("order-lines");
    expect([pascal(singular), camel(plural), snake(plural), withArticle(singular)]).toEqual([
      "OrderLine",
      "orderLines",
      "order_lines",
      "an order line",
    ]);
    expect(["hour", "user", "event"].map((word) => withArticle([word]))).toEqual([
      "an hour",
      "a user",
      "an event",
    ]);
  });

  const isNoName = (name: string) =>
    `${name} is not a name: use at most 40 of a-z, 0-9 and -, such as order-lines`;
  it.each([
    ["../x", isNoName('"../x"')],
    ["a b", isNoName('"a b"')],
    ["a'b", isNoName(`"a'b"`)],
    ["__proto__", isNoName('"__proto__"')],
    ["ñandu", isNoName('"ñandu"')],
    ["", isNoName('""')],
    [LONG, isNoName(`"${"x".repeat(60)}…"`)],
    [
      "classes",
      '"class" is a reserved word in JavaScript: choose another name, or give a singular, such as --singular class-item',
    ],
    [
      "constructor",
      '"constructor" is a reserved word in JavaScript: choose another name, or give a singular, such as --singular constructor-item',
    ],
    [
      "news",
      '"news" is its own singular, but the code needs two names: give one, such as --singular news-item',
    ],
  ])("cannot be %s", (name, message) => {
    expect(messageOf(() => parseFeatureName(name))).toBe(message);
  });
});

describe("a field", () => {
  const code = (...specs: string[]) => parseFields(specs, "orders");

  it.each([
    ["note:text?", "text(1, 200)", ["note text"]],
    ["note:text(0,10000)", "text(0, 10_000)", ["note text"]],
    ["total:money(EUR,USD)", 'money("EUR", "USD")', ["total_amount bigint", "total_currency text"]],
    ["size:integer(-5,3000000000)", "integer(-5, 3_000_000_000)", ["size bigint"]],
    [
      "price:decimal",
      expect.stringContaining("/^-?\\d{1,10}(\\.\\d{1,2})?$/"),
      ["price numeric(12, 2)"],
    ],
    ["state:enum:open,paid", 'oneOf("open", "paid")', ["state text"]],
    ["customerId:references(customers)", "id", ["customer_id bigint"]],
    ["at:dateTime", "dateTime", ["at timestamptz"]],
  ])("%s has its schema and its columns", (spec, schema, columns) => {
    const [field] = code(spec);
    expect([field?.schema, field?.columns.map(({ name, type }) => `${name} ${type}`)]).toEqual([
      schema,
      columns,
    ]);
  });

  it.each(["a:email(unique)", "a:email:unique", "a:text(1,80):unique", "a:text(1,80,unique)"])(
    "is unique: %s",
    (spec) => {
      expect(code(spec)).toMatchObject([{ isUnique: true, isOptional: false }]);
    },
  );
  it.each(["a:email?", "a:email:optional", "a:text(1,80)?"])("is optional: %s", (spec) => {
    expect(code(spec)).toMatchObject([{ isUnique: false, isOptional: true }]);
  });

  it("is quoted in SQL when its name is a key word", () => {
    expect(["order", "user", "orders", "total"].map(sqlName)).toEqual([
      '"order"',
      '"user"',
      "orders",
      "total",
    ]);
  });

  const example = "such as title:text(1,80), total:money or note:text?";
  const types =
    "text, email, url, integer, number, decimal, money, boolean, date, dateTime, uuid, id, enum, references";
  it.each([
    [[], `expected fields, ${example}`],
    [["a"], `the type of the field a is missing or malformed: write it ${example}`],
    [["a:text(1,80"], `the type of the field a is missing or malformed: write it ${example}`],
    [["a:foo"], `the field a has the unknown type "foo": expected one of ${types}`],
    [["a:constructor"], `the field a has the unknown type "constructor": expected one of ${types}`],
    [["a-b:text"], `"a-b" is not a field: use a-z, A-Z and 0-9, at most 40, ${example}`],
    [["id:text"], "every feature has the field id: omit it"],
    [["createdAt:date"], "every feature has the field createdAt: omit it"],
    [["constructor:text"], '"constructor" cannot be the name of a field: choose another one'],
    [["ctid:text"], '"ctid" cannot be the name of a field: choose another one'],
    [["a:text", "a:date"], "the field a is given twice: rename one of them"],
    [
      ["a:money", "aAmount:id"],
      "the fields a and aAmount have the same column, a_amount: name one of them differently",
    ],
    [
      ["a:text(5,1)"],
      "the field a has the arguments (5,1): expected (MIN,MAX) within 0 to 1000000",
    ],
    [
      ["a:enum"],
      "the field a has no arguments: expected its values, such as (open,paid), of a-z, 0-9, - and _",
    ],
    [
      ["a:money(eur)"],
      "the field a has the arguments (eur): expected ISO 4217 codes, such as (EUR,USD)",
    ],
    [
      ["a:decimal(2,2)"],
      "the field a has the arguments (2,2): expected (PRECISION,SCALE), at most (30,29)",
    ],
    [
      ["a:references"],
      'the field a references "": expected one table, such as references(customers)',
    ],
    [["a:boolean:unique"], "the field a of type boolean cannot be unique: omit that"],
    [["a:integer(1,3):unique"], "the field a has too few values to be unique: widen its range"],
  ])("cannot be %j", (specs, message) => {
    expect(messageOf(() => code(...specs))).toBe(message);
  });
});

describe("the command line of berth new", () => {
  const kinds = "feature, middleware, migration, process, service";
  it.each([
    [[], `the KIND is missing: expected one of ${kinds}`],
    [["foo", "x"], `the kind "foo" is unknown: expected one of ${kinds}`],
    [["process"], "name the process: npx berth new process NAME"],
    [["process", "x", "y"], 'a process does not take the argument "y": omit it'],
    [["feature", "x", "--http"], "--http is for berth new process: omit it"],
    [["process", "x", "--singular", "y"], "--singular is for berth new feature: omit it"],
  ])("rejects %j", (args, message) => {
    expect(messageOf(() => readOptions(args))).toBe(message);
  });
});
