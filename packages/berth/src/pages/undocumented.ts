// Tells an API's routes from pages.
import { describes } from "../schema/description";

/** Middleware in front of routes for people, which the API's document does not list, and `undescribedRoutes` does not miss. */
export const undocumented = describes((_req, _res, next) => next(), { isHidden: true });
