// Writes values as text for paths and queries.
import type fc from "fast-check";
import type { Judge, Parameter } from "./document";
import { valuesOf } from "./values";

/** A longer path or query would only test the limit of the request's head. */
export const MAX_TARGET_LENGTH = 4000;

/** The values of a parameter as text, not yet encoded. */
export const textOf = ({ schema }: Parameter, judge: Judge): fc.Arbitrary<string> =>
  valuesOf(schema, judge).map(asText);

/** The value as a client would write it. */
export const asText = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

/** An encoded query parameter. */
export const pair = (name: string, value: unknown): string =>
  `${encodeURIComponent(name)}=${encodeURIComponent(asText(value).toWellFormed())}`;

/** Whether it can be percent-encoded: a lone surrogate cannot. */
export const isSendable = (value: unknown): boolean =>
  [value].flat().every((item) => asText(item).isWellFormed());
