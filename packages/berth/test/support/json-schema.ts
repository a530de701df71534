// Validates values with the JSON Schema of a schema, as clients do.
import Ajv from "ajv/dist/2020";
import addFormats from "ajv-formats";
import type { GenericSchema } from "valibot";
import { jsonSchemaOf } from "../../src/testing/json-schema";

/** Returns a validator that uses only the JSON Schema. */
export function judgeOf(schema: GenericSchema): (value: unknown) => boolean {
  const ajv = new Ajv({ strict: false });
  addFormats(ajv);
  const isInt64 = (text: string) => BigInt.asIntN(64, BigInt(text)) === BigInt(text);
  ajv.addFormat("int64", { type: "string", validate: isInt64 });
  return ajv.compile(jsonSchemaOf(schema));
}
