// Marks routes as pages, in contrast to an API's routes.
import { describes } from "../schema/description";

/** Middleware in front of routes for people: the API's document does not list them, and `undescribedRoutes` does not report them. */
export const undocumented = describes((_req, _res, next) => next(), { isHidden: true });
