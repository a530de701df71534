// Descriptions of routes. Each is a property of a middleware or handler, where the OpenAPI document finds it.
import type { Request, RequestHandler } from "express";
import type * as v from "valibot";
import type { Examples, HeaderDescriptions, Responses } from "./response";

/** How a body is read. */
export interface BodyOptions {
  /** The largest body, in bytes, both as sent and decompressed; the app's limit (`BODY_LIMIT_BYTES`) by default. */
  limitBytes?: number;
}

/** How a form is read. */
export interface FormOptions {
  /** The most bytes of all fields that are not files, names included; the app's limit (`BODY_LIMIT_BYTES`) by default. */
  limitBytes?: number;
  /** The most fields of a multipart form that are not files; 100 by default. */
  maxFields?: number;
  /** The folder in which files are stored; the system's temporary folder by default. */
  folder?: string;
}

/** The description of a route. */
export interface RouteDescription {
  /** What the route does, in one line: "Creates a note." */
  summary: string;
  /** More details, in Markdown. */
  description?: string;
  /** The OpenAPI tag, which groups routes on the page; the path's first segment by default. */
  tag?: string;
  /** The path's parameters; 404 if they do not match. */
  params?: v.GenericSchema;
  /** The query's parameters; 400 if they do not match. */
  query?: v.GenericSchema;
  /** The JSON body; 422 if it does not match. */
  body?: v.GenericSchema;
  /** How the body is read. */
  bodyOptions?: BodyOptions;
  /** Examples of the JSON body or the form, by name. They have to match its schema. */
  examples?: Examples;
  /**
   * The fields of a form, files included; 422 if they do not match. `multipart/form-data`, or without files also
   * `application/x-www-form-urlencoded`.
   */
  form?: v.GenericSchema;
  /** How the form is read. */
  formOptions?: FormOptions;
  /** Whether the handler calls `idempotent`, so that the document has `Idempotency-Key` and its responses. */
  isIdempotent?: boolean;
  /** Whether clients should stop using the route; `description` says what to use instead. */
  isDeprecated?: boolean;
  /** The same with a day, as `2026-11-01` (UTC): responses have `Deprecation` and `Sunset`. */
  deprecation?: Deprecation;
  /** The responses, by status. */
  responses: Responses;
  /** When the route responds with a problem, by status, besides the problems of validation. */
  problems?: Readonly<Record<number, string | ProblemDescription>>;
}

/** Since when a route is deprecated, and when it will be gone. */
export interface Deprecation {
  since: string;
  sunset?: string;
}

/** A problem with additional members or headers. */
export interface ProblemDescription {
  /** When the route responds with it. */
  when: string;
  members?: v.ObjectEntries;
  headers?: HeaderDescriptions;
}

/** How a client authenticates. @see https://spec.openapis.org/oas/v3.1.1.html#security-scheme-object */
export interface SecurityDescription {
  /** The scheme's name, such as `bearer`. */
  name: string;
  scheme: Readonly<Record<string, unknown>>;
  scopes: readonly string[];
}

/** A description of all routes after a middleware, or of one route: that one comes from `describeRoute`. */
export interface Description extends Partial<RouteDescription> {
  security?: SecurityDescription;
  /** Headers of all responses of these routes. */
  headers?: HeaderDescriptions;
  /** Whether the documentation leaves these routes out. */
  isHidden?: boolean;
}

const DESCRIPTION = Symbol.for("berth.description");

/** Describes all routes after this middleware, or the route that this handler belongs to. */
export const describes = <P = Request["params"]>(
  middleware: RequestHandler<P>,
  description: Description,
): RequestHandler<P> => Object.assign(middleware, { [DESCRIPTION]: description });

/** The description attached by `describes`. */
export const descriptionOf = (middleware: RequestHandler): Description | undefined =>
  (middleware as { [DESCRIPTION]?: Description })[DESCRIPTION];
