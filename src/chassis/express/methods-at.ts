// Which methods a path knows, by what a router says of itself.
import express, { type Request, type RequestHandler, type Response, type Router } from "express";

/** Lets `methodsAt` know a router's routes; to be called when they are in place. */
export function listMethods(router: Router): void {
  let find: FindMethods | undefined;
  // Not before somebody asks: most never will.
  finders.set(router, (path) => (find ??= finder(router))(path));
}

/** The methods of all routes that a path leads to; one for all methods names none. */
export const methodsAt = (path: string, router: Router): string[] =>
  finders.get(router)?.(path) ?? [];

type FindMethods = (path: string) => string[];

const finders = new WeakMap<Router, FindMethods>();

/** Asks a second router with the same paths, whose handlers say which methods the first one has there. */
function finder(router: Router): FindMethods {
  const { caseSensitive = false, strict = false } = router as ListedRouter;
  const paths = express.Router({ caseSensitive, strict });
  for (const { path, methods, router: mounted } of listRoutes(router)) {
    const named = methods?.filter((method) => method !== "*");
    if (named)
      paths.all(
        path,
        tell(() => named),
      );
    if (mounted) paths.use(path, tell(finder(mounted)));
  }
  return (url) => {
    const asked = { method: "GET", url, found: [] } as unknown as Asked;
    // It answers at once: its own handlers all do.
    paths(asked, NO_RESPONSE, () => undefined);
    return asked.found;
  };
}

type Asked = Request & { found: string[] };

const tell =
  (find: FindMethods): RequestHandler =>
  (req, _res, next) => {
    (req as Asked).found.push(...find(req.url));
    next();
  };

const NO_RESPONSE = {} as Response;

/** What Express' types do not know yet. @see https://github.com/pillarjs/router, since version 2.3 */
interface ListedRouter {
  caseSensitive?: boolean;
  strict?: boolean;
  listRoutes?(): { path: string | RegExp; methods?: string[]; router?: Router }[];
}

/** A mounted router may come from an older version, or from another framework. */
const listRoutes = (router: unknown) => (router as ListedRouter).listRoutes?.() ?? [];
