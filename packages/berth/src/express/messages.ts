// The classes of requests and responses: Express' own prototypes, set once instead of for every message.
import { IncomingMessage, type ServerResponse } from "node:http";
import type { Express, Request } from "express";
import { FastResponse } from "./fast-response";
import { allLayers } from "./layers";

/** What `http.createServer` is to make messages of. */
export interface MessageClasses {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
}

/**
 * Makes `app.request` and `app.response` the prototypes of two classes; to be called before anything is mounted.
 * Express sets the prototype of each request and response, which makes V8 treat every such object as a special case:
 * made from `messageClasses` they have the prototype already. They inherit from Express' own, so all that others have
 * put there stays.
 */
export function pinPrototypes(app: Express): void {
  class PinnedRequest extends IncomingMessage {}
  class PinnedResponse extends FastResponse {}
  Object.setPrototypeOf(PinnedRequest.prototype, app.request);
  keepOwn(PinnedRequest.prototype, app.request);
  keepOwn(PinnedResponse.prototype, app.response);
  app.request = PinnedRequest.prototype as Request;
  app.response = PinnedResponse.prototype;
}

/** When an app is mounted, Express puts its parent's prototype behind this one, but `app` stays its own. */
const keepOwn = (pinned: object, original: object): object =>
  Object.defineProperties(pinned, Object.getOwnPropertyDescriptors(original));

/**
 * Gives apps that are mounted in a router the messages of this app, as Express itself gives them to those mounted in an
 * app: it sets each response's prototype to its own app's, and headers would wait for a method that is gone.
 */
export function adoptApps(app: Express): void {
  for (const { handle } of allLayers(app.router)) {
    const { request, response } = handle as Partial<Express>;
    if (!request || !response || response instanceof FastResponse) continue;
    Object.setPrototypeOf(request, app.request);
    Object.setPrototypeOf(response, app.response);
  }
}

/** The classes behind an app's requests and responses, for `http.createServer`. */
export function messageClasses(app: Express): MessageClasses {
  return {
    IncomingMessage: app.request.constructor as typeof IncomingMessage,
    ServerResponse: app.response.constructor as typeof ServerResponse,
  };
}
