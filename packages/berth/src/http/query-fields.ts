// The pieces that queries are made of besides those of bodies: there, everything comes as text.
import * as v from "valibot";
import { checkAs } from "./json-schema";

/** A whole number within these bounds, which must be safe integers. */
export const queryInteger = (min: number, max: number) =>
  v.pipe(
    v.string(),
    checkAs(
      { type: "integer", minimum: min, maximum: max },
      (value: string) =>
        /^(0|-?[1-9]\d*)$/.test(value) && Number(value) >= min && Number(value) <= max,
      `must be a whole number from ${min} to ${max}`,
    ),
    v.transform(Number),
  );

/** `?archived=true` or `?archived=false`. */
export const queryBoolean = v.pipe(
  v.string(),
  checkAs(
    { type: "boolean" },
    (value: string) => value === "true" || value === "false",
    "must be true or false",
  ),
  v.transform((value) => value === "true"),
);

/** A parameter that may come several times: `?tag=a&tag=b`, and `?tag=a` is a list of one. */
export function queryList<const T extends v.GenericSchema>(item: T, min: number, max: number) {
  const schema = v.array(item);
  const run = schema["~run"];
  type Given = Parameters<typeof run>;
  const list = Object.assign(schema, {
    "~run"(this: typeof schema, dataset: Given[0], config: Given[1]) {
      if (typeof dataset.value === "string") dataset.value = [dataset.value];
      return run.call(this, dataset, config);
    },
  });
  return v.pipe(list, v.minLength(min), v.maxLength(max));
}
