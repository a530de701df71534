// Reads an OpenAPI document: its operations, and a validator for its schemas.
import Ajv, { type ValidateFunction } from "ajv/dist/2020";
import addFormats from "ajv-formats";

/** The part of JSON Schema that is used. @see https://json-schema.org/draft/2020-12 */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  examples?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema | boolean;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  pattern?: string;
  format?: string;
  [bound: `${"min" | "max"}${string}` | `exclusive${string}`]: number | undefined;
  multipleOf?: number;
  uniqueItems?: boolean;
}

/** A parameter of the path or the query. */
export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: JsonSchema;
}

/** A described response. */
export interface DescribedResponse {
  $ref?: string;
  description?: string;
  headers?: Record<string, DescribedHeader>;
  content?: Record<string, { schema?: JsonSchema; example?: { errors?: unknown } }>;
}

/** A described header of a response. */
export interface DescribedHeader {
  required?: boolean;
  schema?: JsonSchema;
}

/** A form that is sent as `multipart/form-data`. */
export interface FormDescription {
  schema: JsonSchema;
  /** The media types that a field's files may have, by its name. */
  types: Readonly<Record<string, readonly string[]>>;
}

/** A method of a path. */
export interface Operation {
  /** `PUT /notes/{id}`. */
  name: string;
  /** In capitals. */
  method: string;
  /** `/notes/{id}`. */
  path: string;
  parameters: readonly Parameter[];
  /** The schema of the JSON body. */
  body: JsonSchema | undefined;
  form: FormDescription | undefined;
  /** By status, and `default`. */
  responses: Readonly<Record<string, DescribedResponse>>;
  /** The accepted security schemes, each with its scopes; one of them is enough. */
  security: readonly Record<string, string[]>[];
}

/** The part of a document that is used. */
export interface OpenApi {
  paths: Record<string, Record<string, RawOperation>>;
  components?: {
    schemas?: Record<string, JsonSchema>;
    responses?: Record<string, DescribedResponse>;
    securitySchemes?: Record<string, { type?: string; scheme?: string }>;
  };
}

interface RawOperation {
  parameters?: Parameter[];
  requestBody?: {
    content: Record<
      string,
      { schema: JsonSchema; encoding?: Record<string, { contentType?: string }> }
    >;
  };
  responses: Record<string, DescribedResponse>;
  security?: Record<string, string[]>[];
}

/** The order in which methods are tried: those that create resources first, those that delete them last. */
const ORDER = ["POST", "GET", "HEAD", "QUERY", "PUT", "PATCH", "DELETE"];

/** All operations, in the order in which they are to be tried. */
export function operationsOf({ paths, components }: OpenApi): Operation[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      parameters: raw.parameters ?? [],
      body: raw.requestBody?.content["application/json"]?.schema,
      form: formOf(raw),
      responses: Object.fromEntries(
        Object.entries(raw.responses).map(([status, { $ref, ...own }]) => {
          const name = $ref?.split("/").at(-1);
          return [status, (name !== undefined && components?.responses?.[name]) || own];
        }),
      ),
      security: (raw.security ?? []).filter((schemes) => Object.keys(schemes).length > 0),
    })),
  );
  const rank = ({ method, path }: Operation) =>
    ORDER.indexOf(method) * 100 + path.split("/").length;
  return operations.sort((a, b) => rank(a) - rank(b));
}

function formOf({ requestBody }: RawOperation): FormDescription | undefined {
  const media = requestBody?.content["multipart/form-data"];
  if (!media) return undefined;
  const types = Object.entries(media.encoding ?? {}).map(([name, { contentType = "" }]) => [
    name,
    contentType.split(",").flatMap((type) => type.trim() || []),
  ]);
  return { schema: media.schema, types: Object.fromEntries(types) as FormDescription["types"] };
}

/** Validates values by the schemas of a document. */
export interface SchemaValidator {
  isValid(schema: JsonSchema, value: unknown): boolean;
  /** The first error, as `/title must be string`; undefined if the value is valid. */
  errorOf(schema: JsonSchema, value: unknown): string | undefined;
  /** Replaces a `$ref` by its schema. */
  resolve(this: void, schema: JsonSchema): JsonSchema;
}

/** The format of a cursor: opaque text, which only the service can validate. */
export const CURSOR = "cursor";

/** Uses the document alone, as a client would. */
export function createSchemaValidator({ components }: OpenApi): SchemaValidator {
  const ajv = new Ajv({ strict: false, validateSchema: false });
  addFormats(ajv);
  // Not in ajv-formats for strings: Berth's ids are 64-bit integers as strings.
  const isInt64 = (text: string) =>
    /^-?\d{1,20}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
  ajv.addFormat("int64", { type: "string", validate: isInt64 });
  ajv.addFormat(CURSOR, true);
  const compiled = new WeakMap<JsonSchema, ValidateFunction>();
  const validatorOf = (schema: JsonSchema): ValidateFunction => {
    let validate = compiled.get(schema);
    if (!validate) compiled.set(schema, (validate = ajv.compile({ ...schema, components })));
    return validate;
  };
  return {
    isValid: (schema, value) => validatorOf(schema)(value),
    errorOf(schema, value) {
      const validate = validatorOf(schema);
      if (validate(value)) return undefined;
      const {
        instancePath = "",
        message = "is not valid",
        params = {},
      } = validate.errors?.[0] ?? {};
      const { additionalProperty: name } = params as { additionalProperty?: string };
      return `${instancePath} ${message}${name === undefined ? "" : `: ${name}`}`.trim();
    },
    resolve({ $ref, ...own }) {
      const name = $ref?.split("/").at(-1);
      return name === undefined ? own : { ...components?.schemas?.[name], ...own };
    },
  };
}
