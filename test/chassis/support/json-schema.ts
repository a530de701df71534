// Judges values by the JSON Schema of a schema, as any client can.
import Ajv from "tested-ajv/dist/2020";
import addFormats from "tested-ajv-formats";
import { toJsonSchema as convert } from "tested-to-json-schema";
import type { GenericSchema } from "valibot";
import { toJsonSchema } from "../../../src/chassis/http/json-schema";

/** The schema as JSON Schema, without what names the dialect. */
export function jsonSchemaOf(schema: GenericSchema): Record<string, unknown> {
  const { $schema: _dialect, ...keywords } = toJsonSchema(schema, convert);
  return keywords;
}

/** What says by the JSON Schema alone whether a value is valid. */
export function judgeOf(schema: GenericSchema): (value: unknown) => boolean {
  const ajv = new Ajv({ strict: false });
  addFormats(ajv);
  const isInt64 = (text: string) => BigInt.asIntN(64, BigInt(text)) === BigInt(text);
  ajv.addFormat("int64", { type: "string", validate: isInt64 });
  return ajv.compile(jsonSchemaOf(schema));
}
