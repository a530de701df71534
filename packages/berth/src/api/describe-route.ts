// What a route says of itself, in front of its handler: it checks what comes, gives the handler its types, and is its documentation.
import type { Request, RequestHandler } from "express";
import type * as v from "valibot";
import { parseBody } from "../http/body";
import { describes, type MediaType, type RouteDescription } from "../http/description";
import { parseParams, parseQuery } from "../http/validate";
import { watchAnswer } from "./answers";

declare module "express-serve-static-core" {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- it is merged by its parameters
  interface IRouterMatcher<T, Method> {
    // Whatever types middleware in front of a description has, the handler has those of the description: of the path's
    // parameters, the answer, the body and the query. The compiler finds them at a fixed place only.
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

/** A handler's types, as a description gives them. */
export type Described<D extends RouteDescription> = RequestHandler<
  D extends { params: infer S } ? OutputOf<S> : Request["params"],
  { [Status in keyof D["answers"]]: InputOf<D["answers"][Status]> }[keyof D["answers"]],
  D extends { body: infer S } ? OutputOf<S> : undefined,
  D extends { query: infer S } ? OutputOf<S> : Request["query"]
>;

type OutputOf<S> = S extends v.GenericSchema ? v.InferOutput<S> : never;
type InputOf<S> = S extends v.GenericSchema
  ? v.InferInput<S>
  : S extends MediaType
    ? string | Uint8Array
    : never;

/**
 * Describes a route, from in front of its handler, which then finds in `req.params`, `req.query` and `req.body` what the
 * schemas have made of them.
 * @throws Problem in requests, as `parseParams`, `parseQuery` and `parseBody` do.
 */
export function describeRoute<const D extends RouteDescription>(
  description: D & Record<Exclude<keyof D, keyof RouteDescription>, never>,
): Described<D> {
  const { params, query, body, bodyOptions, answers }: RouteDescription = description;
  const watch = watchAnswer(answers);
  const handler: RequestHandler = (req, res, next) => {
    if (params) req.params = parseParams(params, req) as Request["params"];
    if (query) setQuery(req, parseQuery(query, req));
    watch(req, res, next);
    if (!body) return next();
    return parseBody(body, req, bodyOptions).then((value) => {
      req.body = value;
      next();
    });
  };
  const described: unknown = describes(handler, description);
  return described as Described<D>;
}

/** Express' own only reads it. */
function setQuery(req: Request, value: unknown): void {
  Object.defineProperty(req, "query", {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
