// `describeRoute`: validates a route's requests, gives its handler their types, and puts it into the OpenAPI document.
import type { Request, RequestHandler } from "express";
import type * as v from "valibot";
import { parseBody } from "../http/body";
import { parseForm } from "../http/form";
import { describes, type RouteDescription } from "../schema/description";
import { entriesOf, fileFieldsOf } from "../schema/file";
import type { MediaType } from "../schema/response";
import { parseParams, parseQuery } from "../schema/validate";
import { deprecationHeaders } from "./deprecation";
import { responseCheck } from "./response-checks";

declare module "express-serve-static-core" {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- merging requires the same type parameters
  interface IRouterMatcher<T, Method> {
    // The handler gets the description's types (path parameters, response, body, query), whatever types the middleware
    // before it has. Inference needs the description at a fixed position, so there is an overload for each number of them.
    <P, A, B, Q>(
      path: PathParams,
      before1: RequestHandler,
      describe: RequestHandler<P, A, B, Q>,
      handler: RequestHandler<P, A, B, Q>,
    ): T;
    <P, A, B, Q>(
      path: PathParams,
      before1: RequestHandler,
      before2: RequestHandler,
      describe: RequestHandler<P, A, B, Q>,
      handler: RequestHandler<P, A, B, Q>,
    ): T;
    <P, A, B, Q>(
      path: PathParams,
      before1: RequestHandler,
      before2: RequestHandler,
      before3: RequestHandler,
      describe: RequestHandler<P, A, B, Q>,
      handler: RequestHandler<P, A, B, Q>,
    ): T;
  }
}

/** The types of a handler, from its route's description. */
export type Described<D extends RouteDescription> = RequestHandler<
  D extends { params: infer S } ? OutputOf<S> : Request["params"],
  { [Status in keyof D["responses"]]: InputOf<D["responses"][Status]> }[keyof D["responses"]],
  D extends { body: infer S } | { form: infer S } ? OutputOf<S> : undefined,
  D extends { query: infer S } ? OutputOf<S> : Request["query"]
>;

type OutputOf<S> = S extends v.GenericSchema ? v.InferOutput<S> : never;
/** What `res.json` and `res.send` take for a described response. */
type InputOf<S> = S extends v.GenericSchema
  ? v.InferInput<S>
  : S extends { body: infer B }
    ? InputOf<B>
    : S extends readonly (infer B)[]
      ? InputOf<B>
      : S extends { schema: infer J }
        ? InputOf<J>
        : S extends MediaType
          ? string | Uint8Array
          : never;

/**
 * Middleware that describes a route. The handler after it finds the schemas' output in `req.params`, `req.query` and
 * `req.body`.
 * @throws Problem in requests, as `parseParams`, `parseQuery`, `parseBody` and `parseForm` do. TypeError at once when a
 *   form's files or the days of a deprecation contradict each other.
 */
export function describeRoute<const D extends RouteDescription>(
  description: D & Record<Exclude<keyof D, keyof RouteDescription>, never>,
): Described<D> {
  const { params, query, body, form, responses }: RouteDescription = description;
  const { bodyOptions, formOptions, deprecation }: RouteDescription = description;
  const deprecated = deprecation && deprecationHeaders(deprecation);
  const checkResponse = responseCheck(responses);
  // Fails at once if the form's files contradict each other.
  if (form) fileFieldsOf(entriesOf(form));
  const handler: RequestHandler = (req, res, next) => {
    if (deprecated) res.set(deprecated.values);
    if (params) req.params = parseParams(params, req) as Request["params"];
    if (query) setQuery(req, parseQuery(query, req));
    checkResponse(req, res, next);
    if (!body && !form) return next();
    const read = body ? parseBody(body, req, bodyOptions) : parseForm(form!, req, formOptions);
    return read.then((value) => {
      req.body = value;
      next();
    });
  };
  const described: unknown = describes(handler, {
    ...description,
    ...(deprecated && { isDeprecated: true, headers: deprecated.descriptions }),
  });
  return described as Described<D>;
}

/** Express defines `req.query` as a getter, which an assignment would not replace. */
function setQuery(req: Request, value: unknown): void {
  Object.defineProperty(req, "query", {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
