// How values stand in paths and queries.
import type fc from "fast-check";
import type { Judge, Parameter } from "./document";
import { valuesOf } from "./values";

/** More of a query or path would only test the limit of a request's head. */
export const LONGEST_TARGET = 4000;

/** The values of a parameter, as text that is not encoded yet. */
export const textOf = ({ schema }: Parameter, judge: Judge): fc.Arbitrary<string> =>
  valuesOf(schema, judge).map(asText);

/** As a client would write it. */
export const asText = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

/** A parameter of a query, encoded. */
export const pair = (name: string, value: unknown): string =>
  `${encodeURIComponent(name)}=${encodeURIComponent(asText(value).toWellFormed())}`;

/** Half of a surrogate pair has no percent-encoding. */
export const isSendable = (value: unknown): boolean =>
  [value].flat().every((item) => asText(item).isWellFormed());
