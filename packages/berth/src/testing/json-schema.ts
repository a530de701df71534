// Converts a schema to JSON Schema, as in the OpenAPI document, for tests of schemas.
import { toJsonSchema as convert } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { toJsonSchema } from "../schema/json-schema";

/** The schema as JSON Schema, without `$schema`. */
export function jsonSchemaOf(schema: GenericSchema): Record<string, unknown> {
  const { $schema: _dialect, ...keywords } = toJsonSchema(schema, convert);
  return keywords;
}
