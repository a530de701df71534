// What is said of routes: it hangs on the middleware or the handler that sees to it, where the documentation finds it.
import type { Request, RequestHandler } from "express";
import type * as v from "valibot";
import type { BodyOptions } from "./body";

/** What a route says. */
export interface RouteDescription {
  /** What it does, in one line: "Creates a note." */
  summary: string;
  /** What else there is to know, in Markdown. */
  description?: string;
  /** Under what the page lists it; its path's first segment by default. */
  tag?: string;
  /** The path's parameters; a path where they are not like this is a 404. */
  params?: v.GenericSchema;
  /** The query's; one that is not like this is a 400. */
  query?: v.GenericSchema;
  /** The JSON body; one that is not like this is a 422. */
  body?: v.GenericSchema;
  /** How the body is read. */
  bodyOptions?: BodyOptions;
  /** What it answers, by status. */
  answers: Answers;
  /** When it answers with a problem, by status, besides what any route may answer. */
  problems?: Readonly<Record<number, string | ProblemDescription>>;
}

/** By status: JSON of this schema, something else, or null where there is no body. */
export type Answers = Readonly<Record<number, v.GenericSchema | MediaType | null>>;

/** An answer that is not made of JSON. */
export interface MediaType {
  /** Such as `text/csv`. */
  mediaType: string;
}

/** A problem that has members of its own. */
export interface ProblemDescription {
  /** When it is answered. */
  when: string;
  members: v.ObjectEntries;
}

/** How a client shows who it is. @see https://spec.openapis.org/oas/v3.1.1.html#security-scheme-object */
export interface SecurityDescription {
  /** What the scheme is called, such as `bearer`. */
  name: string;
  scheme: Readonly<Record<string, unknown>>;
  scopes: readonly string[];
}

/** What middleware says of the routes behind it; a route's own description comes from `describeRoute`. */
export interface Description extends Partial<RouteDescription> {
  security?: SecurityDescription;
  /** Whether the documentation leaves them out, without a word. */
  isHidden?: boolean;
}

const DESCRIPTION = Symbol.for("berth.description");

/** Says something of all routes that this middleware stands in front of, or of the one whose handler it is. */
export const describes = <P = Request["params"]>(
  middleware: RequestHandler<P>,
  description: Description,
): RequestHandler<P> => Object.assign(middleware, { [DESCRIPTION]: description });

/** What has been said by `describes`. */
export const descriptionOf = (middleware: RequestHandler): Description | undefined =>
  (middleware as { [DESCRIPTION]?: Description })[DESCRIPTION];
