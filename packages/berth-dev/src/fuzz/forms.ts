// Generates multipart forms: valid ones, ones that violate a rule, and bodies that are no forms.
import fc from "fast-check";
import type { FormDescription, JsonSchema, SchemaValidator } from "./document";
import type { Draft } from "./draft";
import { invalidTexts } from "./invalid-targets";
import { asText, isEncodable } from "./url-encoding";
import { mergedOf, NoValueError, valuesOf } from "./values";

/** A part of a form. */
interface Part {
  name: string;
  content: Buffer;
  /** The Content-Type of a file; undefined for a field. */
  type?: string;
}

const BOUNDARY = "berth-fuzz-3c1f9d0a";
const FORM_TYPE = { "Content-Type": `multipart/form-data; boundary=${BOUNDARY}` };

/** The headers and the body of a form. */
type Form = Pick<Draft, "headers" | "body">;

/** What files of a type begin with, so that services recognize them. */
const FIRST_BYTES: Readonly<Record<string, string>> = {
  "image/png": "\x89PNG\r\n\x1a\n",
  "image/jpeg": "\xff\xd8\xff\xe0",
  "image/gif": "GIF89a",
  "image/webp": "RIFF\x10\0\0\0WEBP",
  "image/avif": "\0\0\0\x20ftypavif",
  "image/heic": "\0\0\0\x20ftypheic",
  "video/mp4": "\0\0\0\x20ftypisom",
  "video/webm": "\x1a\x45\xdf\xa3",
  "audio/mpeg": "ID3\x04",
  "application/pdf": "%PDF-1.7\n",
  "application/zip": "PK\x03\x04",
  "application/gzip": "\x1f\x8b\x08",
  "text/plain": "text ",
  "text/csv": "a,b\n",
};

/** The most bytes of a valid file: more would test only the limit. */
const MAX_BYTES = 20_000;
/** The largest limit of a file that is exceeded, in bytes. */
const MAX_LIMIT = 5_000_000;

/** A field of a form. */
interface Field {
  name: string;
  schema: JsonSchema;
  isRequired: boolean;
  /** The schema of one file, if the field is a file or a list of files. */
  file: JsonSchema | undefined;
  /** The types that a file may have; any without them. */
  types: readonly string[];
}

function fieldsOf({ schema, types }: FormDescription, validator: SchemaValidator): Field[] {
  const { properties = {}, required = [] } = mergedOf(schema, validator);
  return Object.entries(properties).map(([name, field]) => {
    const whole = validator.resolve(field);
    const item = typeof whole.items === "object" ? validator.resolve(whole.items) : whole;
    return {
      name,
      schema: whole,
      isRequired: required.includes(name),
      file: item.format === "binary" ? item : undefined,
      types: types[name] ?? [],
    };
  });
}

/** Forms that the description allows. @throws NoValueError when no value is found for a field. */
export function formsOf(form: FormDescription, validator: SchemaValidator): fc.Arbitrary<Form> {
  return partsOf(form, validator).map(serialize);
}

function partsOf(form: FormDescription, validator: SchemaValidator): fc.Arbitrary<Part[]> {
  const fields = fieldsOf(form, validator);
  return fc
    .record(Object.fromEntries(fields.map((field) => [field.name, valuesIn(field, validator)])), {
      requiredKeys: fields.flatMap(({ name, isRequired }) => (isRequired ? name : [])),
    })
    .filter((values) => validator.isValid(form.schema, placeholders(values)))
    .map((values) =>
      // In the order of the description: a file that a service streams comes last.
      fields.flatMap(({ name, file, types }) => {
        const value: unknown = (values as Record<string, unknown>)[name];
        return (value === undefined ? [] : [value].flat()).map((one) =>
          file ? filePart(name, one as Buffer, types) : textPart(name, one),
        );
      }),
    );
}

const filePart = (name: string, content: Buffer, types: readonly string[]): Part => ({
  name,
  content,
  type: types.find((type) => begins(content, type)) ?? "application/octet-stream",
});

const begins = (content: Buffer, type: string): boolean =>
  content.toString("latin1").startsWith(FIRST_BYTES[type] ?? "\0none");

const textPart = (name: string, value: unknown): Part => ({
  name,
  content: Buffer.from(asText(value)),
});

/** The values with a text instead of each file, as the schema calls a file a string. */
const placeholders = (values: object): object =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [
      name,
      Array.isArray(value) ? value.map(placeholder) : placeholder(value),
    ]),
  );
const placeholder = (value: unknown): unknown => (Buffer.isBuffer(value) ? "file" : value);

function valuesIn(field: Field, validator: SchemaValidator): fc.Arbitrary<unknown> {
  const { schema, file, types } = field;
  if (!file) return valuesOf(schema, validator).filter(isEncodable);
  const files = filesOf(file, types);
  if (schema.type !== "array") return files;
  const { minItems = 0, maxItems = minItems + 3 } = schema;
  return fc.array(files, { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) });
}

/** @throws NoValueError when no type is known. */
function filesOf({ maxLength = MAX_BYTES }: JsonSchema, types: readonly string[]) {
  const known = types.filter((type) => type in FIRST_BYTES);
  if (types.length > 0 && known.length === 0)
    throw new NoValueError(`no file found of type ${types.join(", ")}`);
  const heads = known.length > 0 ? known.map((type) => FIRST_BYTES[type] as string) : ["", "\0"];
  const max = Math.min(maxLength, MAX_BYTES);
  return fc
    .tuple(fc.constantFrom(...heads), fc.constantFrom(0, 1, 100, max))
    .map(([head, length]) => Buffer.from(head.padEnd(length, "a").slice(0, max), "latin1"));
}

/** Forms that violate one rule of their description. */
export function invalidForms(
  form: FormDescription,
  validator: SchemaValidator,
): fc.Arbitrary<Partial<Draft>>[] {
  const valid = partsOf(form, validator);
  const violating = (
    rule: string,
    rejectStatuses: readonly number[],
    changed: fc.Arbitrary<Part[]>,
  ) =>
    changed.map((parts) => ({
      ...serialize(parts),
      violation: `the form's ${rule}`,
      rejectStatuses,
    }));
  const others = (name: string) => valid.map((parts) => parts.filter((part) => part.name !== name));
  const instead = (name: string, ...parts: Omit<Part, "name">[]) =>
    others(name).map((kept) => [...kept, ...parts.map((part) => ({ name, ...part }))]);
  const ways = fieldsOf(form, validator).flatMap(({ name, schema, isRequired, file, types }) => {
    const found = [];
    if (isRequired) found.push(violating(`${name} is missing`, [400, 422], others(name)));
    if (!file) {
      const texts = invalidTexts(schema, validator);
      const changed = texts && fc.tuple(others(name), texts);
      if (changed)
        found.push(
          violating(
            `${name} is not valid`,
            [400, 413, 422],
            changed.map(([kept, text]) => [textPart(name, text), ...kept]),
          ),
        );
      const content = Buffer.from("file");
      const type = "text/plain";
      return [
        ...found,
        violating(`${name} is a file`, [400, 415, 422], instead(name, { content, type })),
      ];
    }
    const head = FIRST_BYTES[types[0] ?? ""] ?? "";
    const type = types[0] ?? "application/octet-stream";
    const good = { content: Buffer.from(`${head}a`, "latin1"), type };
    const text = { content: Buffer.from("text") };
    found.push(violating(`${name} is text`, [400, 422], instead(name, text)));
    const most = schema.type === "array" ? (schema.maxItems ?? Infinity) : 1;
    if (most <= 20) {
      const many = Array.from({ length: most + 1 }, () => good);
      found.push(violating(`${name} has too many files`, [400, 413, 422], instead(name, ...many)));
    }
    const other = Object.keys(FIRST_BYTES).find((one) => !types.includes(one)) as string;
    if (types.length > 0) {
      const content = Buffer.from(FIRST_BYTES[other] as string, "latin1");
      found.push(
        violating(`${name} is of another type`, [415, 422], instead(name, { content, type })),
      );
    }
    const { maxLength = Infinity } = file;
    if (maxLength <= MAX_LIMIT) {
      const content = Buffer.from(head.padEnd(maxLength + 1, "a"), "latin1");
      found.push(violating(`${name} is too large`, [413], instead(name, { content, type })));
    }
    return found;
  });
  if (mergedOf(form.schema, validator).additionalProperties !== false) return ways;
  const unknown = { name: "berth-unknown", content: Buffer.from("x") };
  const more = (part: Part) => valid.map((parts) => [part, ...parts]);
  return [
    ...ways,
    violating("fields are too many", [400, 422], more(unknown)),
    violating("files are too many", [400, 422], more({ ...unknown, type: "text/plain" })),
  ];
}

const broken = (
  violation: string,
  rejectStatuses: readonly number[],
  body: string,
  headers: Readonly<Record<string, string>> = FORM_TYPE,
): Partial<Draft> => ({ violation: `the form ${violation}`, rejectStatuses, body, headers });

const FIELD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n`;

/** Bodies that every route for forms rejects. */
export const INVALID_FORMS: readonly Partial<Draft>[] = [
  broken("is empty", [400], ""),
  broken("has no end", [400], FIELD),
  broken("is cut off", [400], FIELD.slice(0, -8)),
  broken("has another boundary", [400], FIELD.replaceAll(BOUNDARY, "other")),
  broken("has no boundary", [400, 415], FIELD, { "Content-Type": "multipart/form-data" }),
  ...["application/json", "text/plain", "multipart/mixed; boundary=x", "x"].map((type) =>
    broken("is of another content type", [415], "{}", { "Content-Type": type }),
  ),
  broken("is of an unknown encoding", [415], FIELD, { ...FORM_TYPE, "Content-Encoding": "zip" }),
];

/** @see https://www.rfc-editor.org/rfc/rfc7578#section-4 */
function serialize(parts: readonly Part[]): Form {
  const pieces = parts.flatMap(({ name, content, type }) => {
    const escaped = name.replaceAll('"', "%22").replace(/[\r\n]/g, "");
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${escaped}"`;
    const file = type === undefined ? "" : `; filename="fuzz"\r\nContent-Type: ${type}`;
    return [Buffer.from(`${head}${file}\r\n\r\n`), content, Buffer.from("\r\n")];
  });
  return {
    headers: FORM_TYPE,
    body: Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]),
  };
}
