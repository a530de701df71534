// Request and response classes with Express' prototypes, which Express would set on every message.
import { IncomingMessage, type ServerResponse } from "node:http";
import type { Express, Request } from "express";
import { FastResponse } from "./fast-response";
import { allLayers } from "./layers";

/**
 * Makes `app.request` and `app.response` the prototypes of two classes; call it before anything is mounted.
 * Express sets the prototype of each request and response, which is slow in V8; instances of `messageClasses` already
 * have that prototype. The classes inherit from Express' prototypes, so extensions of those still work.
 */
export function pinPrototypes(app: Express): void {
  class PinnedRequest extends IncomingMessage {}
  class PinnedResponse extends FastResponse {}
  Object.setPrototypeOf(PinnedRequest.prototype, app.request);
  copyOwn(PinnedRequest.prototype, app.request);
  copyOwn(PinnedResponse.prototype, app.response);
  app.request = PinnedRequest.prototype as Request;
  app.response = PinnedResponse.prototype;
}

/** Copies `app`, which must stay when the app is mounted: Express then inserts its parent's prototype behind this one. */
const copyOwn = (pinned: object, original: object): object =>
  Object.defineProperties(pinned, Object.getOwnPropertyDescriptors(original));

/**
 * Gives apps mounted in a router this app's message prototypes, as Express does for apps mounted in an app. Express
 * sets each response's prototype to that of the app that handles it, so pending headers would never be written.
 */
export function shareWithMountedApps(app: Express): void {
  for (const { handle } of allLayers(app.router)) {
    const { request, response } = handle as Partial<Express>;
    if (!request || !response || response instanceof FastResponse) continue;
    Object.setPrototypeOf(request, app.request);
    Object.setPrototypeOf(response, app.response);
  }
}

/** The classes of an app's requests and responses, for `http.createServer`. */
export function messageClasses(app: Express) {
  return {
    IncomingMessage: app.request.constructor as typeof IncomingMessage,
    ServerResponse: app.response.constructor as typeof ServerResponse,
  };
}
