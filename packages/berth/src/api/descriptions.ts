// Finds every route of an app, and all that is said of it.
import type { Router } from "express";
import { routesOf } from "../express/routes-of";
import { type Description, descriptionOf } from "../http/description";

/** A route, and all that is said of it. */
export interface DescribedRoute {
  /** In lower case; undefined for one that takes all. */
  method: string | undefined;
  /** As Express has it, mount paths included; undefined for a regular expression or a list. */
  path: string | undefined;
  descriptions: readonly Description[];
}

/** Every route of a router that is not hidden, in the order in which they are asked. */
export const describedRoutes = (router: Router): DescribedRoute[] =>
  routesOf(router)
    .map(({ method, path, before, own }) => ({
      method,
      path,
      descriptions: [
        // What an earlier route says of its own answers is not said of this one.
        ...before.map(descriptionOf).filter((description) => !description?.answers),
        ...own.map(descriptionOf),
      ].filter((description) => description !== undefined),
    }))
    .filter(({ descriptions }) => !descriptions.some(({ isHidden }) => isHidden));
