// Writes values as text for paths and queries, as in application/x-www-form-urlencoded.
import type fc from "fast-check";
import type { SchemaValidator, Parameter } from "./document";
import { valuesOf } from "./values";

/** A longer path or query would only test the limit of the request's head. In characters. */
export const MAX_TARGET_LENGTH = 4000;

/** Generates a parameter's values as text, not yet encoded. */
export const textOf = ({ schema }: Parameter, validator: SchemaValidator): fc.Arbitrary<string> =>
  valuesOf(schema, validator).map(asText);

/** The value as a client would write it. */
export const asText = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

/** A percent-encoded query parameter. */
export const pair = (name: string, value: unknown): string =>
  `${encodeURIComponent(name)}=${encodeURIComponent(asText(value).toWellFormed())}`;

/** Whether the value can be percent-encoded: a lone surrogate cannot. */
export const isEncodable = (value: unknown): boolean =>
  [value].flat().every((item) => asText(item).isWellFormed());
