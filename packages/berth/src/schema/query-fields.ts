// Fields for queries, whose values are always text. Text fields of `fields.ts`, such as `text` and `id`, fit as well.
import * as v from "valibot";
import { id, object } from "./fields";
import { checkAs } from "./json-schema";

/** An integer within these bounds, both safe integers; the handler gets a number. */
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

/** A parameter that may be repeated: `?tag=a&tag=b`. The handler gets an array, also for `?tag=a`. */
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

/** The parameters of every paged query. The cursor is text, or the values of a `pageCursor`. */
export interface PageQuery<Cursor extends string | readonly unknown[] = string> {
  limit: number;
  cursor?: Cursor;
}

/**
 * The query of a paged list; with filters: `object({ ...pageQuery(20, 100).entries, tag: … })`.
 * @param limit The default number of rows per page.
 * @param max The largest number of rows that a client may request.
 * @param cursor The schema of what `cursorOf` returns for `sendPage`; an id by default. For several columns: `pageCursor`.
 */
export const pageQuery = <
  const C extends v.GenericSchema<string, string | readonly unknown[]> = typeof id,
>(
  limit: number,
  max: number,
  cursor: C = id as never,
) =>
  object({
    limit: v.optional(queryInteger(1, max), String(limit)),
    cursor: v.optional(cursor),
  });
