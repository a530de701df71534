import * as v from "valibot";
import type { Problem } from "../../src/request/problem";
import { object } from "../../src/schema/fields";
import { byPointer, validate } from "../../src/schema/validate";

const errorsOf = (schema: v.GenericSchema, value: unknown): unknown => {
  try {
    validate(schema, value, 422, "Some fields are not valid.", byPointer);
    return "valid";
  } catch (err) {
    return (err as Problem).members.errors;
  }
};

const empty = v.object({ a: v.optional(v.string()) });
interface Tree {
  children?: Record<string, Tree>;
}
const tree: v.GenericSchema<Tree> = v.object({
  children: v.optional(
    v.record(
      v.string(),
      v.lazy(() => tree),
    ),
  ),
});

describe("an array where the document says object", () => {
  it.each<[string, v.GenericSchema, unknown, string]>([
    ["v.object", empty, [], ""],
    ["v.looseObject", v.looseObject({}), [1], ""],
    ["v.strictObject", v.strictObject({}), [], ""],
    ["v.objectWithRest", v.objectWithRest({}, v.any()), [], ""],
    ["v.record", v.record(v.string(), v.any()), [], ""],
    ["object of Berth", object({}), [], ""],
    ["v.partial", v.partial(v.object({ a: v.string() })), [], ""],
    ["a pipe", v.pipe(v.pipe(empty, v.title("Empty")), v.description("x")), [], ""],
    ["a field", object({ tags: v.record(v.string(), v.string()) }), { tags: ["a"] }, "/tags"],
    ["an optional field", object({ a: v.optional(empty) }), { a: [] }, "/a"],
    ["an item", v.array(empty), [{}, []], "/1"],
    ["a value of a record", v.record(v.string(), empty), { x: [] }, "/x"],
    ["a tuple", v.tuple([empty]), [[]], "/0"],
    ["a recursive schema", tree, { children: { a: { children: [] } } }, "/children/a/children"],
  ])("is refused by %s", (_name, schema, value, pointer) => {
    expect(errorsOf(schema, value)).toEqual([{ pointer, detail: "must be of type object" }]);
  });

  it("is refused by an option of a union, and accepted by another", () => {
    const either = object({ a: v.union([empty, v.array(v.string())]) });
    expect(errorsOf(either, { a: ["x"] })).toBe("valid");
    expect(errorsOf(either, { a: {} })).toBe("valid");
    expect(errorsOf(object({ a: v.union([empty, v.string()]) }), { a: [] })).not.toBe("valid");
  });

  it("leaves a frozen schema as it is", () => {
    expect(errorsOf(Object.freeze(v.object({})), [])).toBe("valid");
  });
});
