// Descriptions of responses: their bodies, headers and examples.
import type * as v from "valibot";

/** A body that is not `application/json`. */
export interface MediaType {
  /** For example `text/csv`. */
  mediaType: string;
  /** The schema of a type that is JSON, such as `application/geo+json`: send it by `res.type(…).json(…)`. */
  schema?: v.GenericSchema;
}

/** A body: JSON of this schema, or of another media type. */
export type ResponseBody = v.GenericSchema | MediaType;

/**
 * Headers by name: what they say in words, or a schema of text. A header with a schema is always sent, unless it is
 * `v.optional`; one in words may be.
 */
export type HeaderDescriptions = Readonly<Record<string, string | v.GenericSchema>>;

/** Examples by name. */
export type Examples = Readonly<Record<string, unknown>>;

/** A response with more than a body. */
export interface ResponseDescription {
  /** Its body; several, from which the client can choose; or null for none. */
  body: ResponseBody | readonly ResponseBody[] | null;
  /** When it is sent, if its status does not say it. */
  when?: string;
  headers?: HeaderDescriptions;
  /** Examples of its JSON. They have to match its schema. */
  examples?: Examples;
}

/** By status: a body; several, from which the client can choose; null for none; or a full description. */
export type Responses = Readonly<Record<number, ResponseDescription | ResponseDescription["body"]>>;

/** A response's parts. */
export interface ResponseParts extends Omit<ResponseDescription, "body"> {
  bodies: readonly ResponseBody[];
}

/** The parts of a described response. */
export function partsOf(response: Responses[number]): ResponseParts {
  if (response === null) return { bodies: [] };
  if (isDescription(response)) return { ...response, bodies: bodiesOf(response.body) };
  return { bodies: bodiesOf(response) };
}

const isDescription = (response: object): response is ResponseDescription => "body" in response;

const bodiesOf = (body: ResponseDescription["body"]): readonly ResponseBody[] =>
  body === null ? [] : isList(body) ? body : [body];

const isList = (body: object): body is readonly ResponseBody[] => Array.isArray(body);

/** The media type of a body. */
export const mediaTypeOf = (body: ResponseBody): string =>
  "mediaType" in body ? body.mediaType : "application/json";

/** The schema of a body, if it is JSON. */
export const schemaOf = (body: ResponseBody): v.GenericSchema | undefined =>
  "mediaType" in body ? body.schema : body;
