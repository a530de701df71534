// Makes an operation's responses: what the route describes, and the problems of what stands in front of it.
import { STATUS_CODES } from "node:http";
import * as v from "valibot";
import type { Description, ProblemDescription, RouteDescription } from "../schema/description";
import { eventSchema, isEventStream } from "../schema/event-stream";
import {
  type Examples,
  type HeaderDescriptions,
  mediaTypeOf,
  partsOf,
  type ResponseBody,
  schemaOf as jsonSchemaOf,
} from "../schema/response";
import { refuseArrays } from "../schema/refuse-arrays";
import type { JsonSchema } from "./named-schemas";
import { problemResponse, validationResponse } from "./problem-responses";

/** A route's description, and the headers of all its responses. */
export type DescribedResponses = RouteDescription & Pick<Description, "headers">;

type Convert = (schema: v.GenericSchema) => JsonSchema;

/** The responses of an operation, by status. @throws Error when an example does not match its schema. */
export function responsesOf(description: DescribedResponses, convert: Convert): object {
  const { responses, problems = {}, headers: all, isIdempotent = false } = description;
  const withHeaders = (response: object, headers: HeaderDescriptions = {}) => {
    const documented = headersOf({ ...all, ...headers }, convert);
    return Object.keys(documented).length > 0 ? { ...response, headers: documented } : response;
  };
  return {
    ...mapValues(validationProblems(description), (when, status) =>
      withHeaders(
        (status in inputProblems(description) ? validationResponse : problemResponse)(
          when,
          Number(status),
        ),
        isIdempotent && status === "409" ? RETRY_AFTER : {},
      ),
    ),
    ...mapValues(problems, (problem, status) => {
      const { when, members, headers }: ProblemDescription =
        typeof problem === "string" ? { when: problem } : problem;
      const schema = members && convert(v.object(members));
      return withHeaders(
        problemResponse(when, Number(status), schema ? { members: schema } : {}),
        headers,
      );
    }),
    ...mapValues(responses, (response, status) => {
      const { bodies, when, headers, examples } = partsOf(response);
      const content = bodies.map((body) => [mediaTypeOf(body), mediaOf(body, examples, convert)]);
      return withHeaders(
        {
          description: when ?? STATUS_CODES[status] ?? status,
          ...(content.length > 0 && { content: Object.fromEntries(content) as object }),
        },
        { ...(isIdempotent && REPLAYED), ...headers },
      );
    }),
    default: { $ref: "#/components/responses/Problem" },
  };
}

/** The problems of the request's validation, and of its `Idempotency-Key`. */
export function validationProblems(description: RouteDescription): Record<number, string> {
  const all: Record<number, string> = inputProblems(description);
  for (const [status, when] of Object.entries(description.isIdempotent ? KEY_PROBLEMS : {})) {
    const known = all[Number(status)];
    all[Number(status)] = known === undefined ? when : `${known} ${when}`;
  }
  return all;
}

function inputProblems({ params, query, body, form }: RouteDescription): Record<number, string> {
  return {
    ...((query ?? body ?? form) && {
      400: "The request is malformed; `errors` lists what is wrong with its query.",
    }),
    ...(params && { 404: "There is nothing at this path." }),
    ...(body && { 413: "The body is too large.", 415: "The body is not JSON." }),
    ...(form && {
      413: "The form, or one of its files, is too large.",
      415: "The body is not a form.",
    }),
    ...((body ?? form) && { 422: "Some fields are not valid; `errors` lists them." }),
  } as Record<number, string>;
}

const KEY_PROBLEMS = {
  400: "The `Idempotency-Key` is malformed.",
  409: "A request with this `Idempotency-Key` is in progress.",
  422: "The `Idempotency-Key` came with another request.",
};
const RETRY_AFTER = { "Retry-After": "After how many seconds the client may try again." };
const REPLAYED = { "Idempotent-Replayed": "`true` if this is the response to an earlier request." };

function headersOf(headers: HeaderDescriptions, convert: Convert): object {
  return mapValues(headers, (header) => {
    if (typeof header === "string") return { description: header, schema: { type: "string" } };
    const isOptional = v.safeParse(header, undefined).success;
    const { description, ...schema } = convert(header);
    return {
      ...(description !== undefined && { description }),
      required: !isOptional,
      schema,
    };
  });
}

/** Of an event stream, the schema is that of one event: OpenAPI 3.1 has no words for a stream. */
function mediaOf(body: ResponseBody, examples: Examples | undefined, convert: Convert): object {
  if (isEventStream(body)) return { schema: convert(eventSchema(body)) };
  const schema = jsonSchemaOf(body);
  if (schema) return { schema: convert(schema), ...examplesOf(schema, examples) };
  return /^text\/|[/+]xml$/.test(mediaTypeOf(body)) ? { schema: { type: "string" } } : {};
}

/** @throws Error when one does not match. */
export function examplesOf(schema: v.GenericSchema, examples: Examples | undefined): object {
  if (!examples) return {};
  refuseArrays(schema);
  for (const [name, value] of Object.entries(examples)) {
    if (!v.safeParse(schema, value).success)
      throw new Error(`The example ${JSON.stringify(name)} does not match its schema.`);
  }
  return { examples: mapValues(examples, (value) => ({ value })) };
}

const mapValues = <T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
