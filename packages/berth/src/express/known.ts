// Looks whether Express is as its bends take it to be: by how its parts are made, and by what those of them do that
// nobody watches. Monitoring agents wrap what handles requests, and take whatever comes there for one that a client has
// sent, so no request is made up to try a router.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import express, { type Request, type Response, Router } from "express";
import { entityTag } from "./entity-tag";
import { isOwnJson, isOwnSend } from "./fast-response";
import { allLayers } from "./layers";
import { compareLiteralsFirst } from "./literal-paths";
import { listMethods, methodsAt } from "./methods-at";
import { adoptApps } from "./messages";
import { takeAbsoluteTargets } from "./request-target";
import { nameRoutes, routePattern } from "./route-patterns";

/** `app.response` adds nothing but the app, and JSON is a matter of these settings, these headers and one `end`. */
export function sendsJson(): boolean {
  const app = express();
  const { json, send } = express.response;
  return (
    isBetween(app.request, express.request, IncomingMessage.prototype) &&
    isBetween(app.response, express.response, ServerResponse.prototype) &&
    // What others have wrapped is left alone here, and answers call it.
    (!isOwnJson(json) || !isOwnSend(send) || sendsAsKnown(app))
  );
}

function sendsAsKnown({ settings }: { settings: object }): boolean {
  const asked: string[] = [];
  const sent: Record<string, unknown> = {};
  const res = {
    app: {
      get(name: "etag fn") {
        asked.push(name);
        return (settings as Record<string, unknown>)[name];
      },
    },
    req: { method: "GET", headers: {} },
    statusCode: 200,
    get: (name: string) => sent[name],
    set: (name: string, value: unknown) => void (sent[name] = value),
    send: express.response.send,
    end: (chunk: unknown) => void (sent["body"] = String(chunk)),
  };
  express.response.json.call(res as unknown as Response, { a: 1 });
  return (
    asked.sort().join() === "etag fn,json escape,json replacer,json spaces" &&
    JSON.stringify(sent) === JSON.stringify(SENT)
  );
}

const SENT = {
  "Content-Type": "application/json; charset=utf-8",
  "Content-Length": 7,
  ETag: entityTag('{"a":1}'),
  body: '{"a":1}',
};

const isBetween = (own: object, shared: object, node: object): boolean =>
  Reflect.ownKeys(own).join() === "app" &&
  Object.getPrototypeOf(own) === shared &&
  Object.getPrototypeOf(shared) === node;

/** Its own tag of a text is the same. */
export function tagsEntities(): boolean {
  const tag = express().get("etag fn") as typeof entityTag;
  return tag("a") === entityTag("a");
}

/** An app passes all requests to its `handle`, which is one of its own here. */
export function entersByHandle(): boolean {
  let path: string | undefined;
  const app = Object.assign(express(), { handle: ({ url }: Request) => void (path = url) });
  takeAbsoluteTargets(app);
  const req = Object.assign(new IncomingMessage(new Socket()), { url: "http://user:%@host/a" });
  app(req, new ServerResponse(req));
  return path === "/a";
}

/** An app that is mounted in a router is a layer, and has messages of its own. */
export function mountsApps(): boolean {
  const outer = express();
  const inner = express();
  outer.use(Router().use("/a", inner));
  adoptApps(outer);
  return entersByHandle() && Object.getPrototypeOf(inner.response) === outer.response;
}

/** A router asks its layers' `match`, which know their paths. */
export function matchesByLayer(): boolean {
  const router = Router().use("/a", Router().get("/b/:c", pass)).get("/a/:b", pass).use(pass);
  const found = (): string =>
    JSON.stringify(PATHS.map((path) => [...allLayers(router)].map((layer) => layer.match(path))));
  const before = found();
  compareLiteralsFirst(router);
  const changed = [...allLayers(router)].filter((layer) => Object.hasOwn(layer, "match"));
  return entersByHandle() && changed.length === 3 && before === found();
}

const PATHS = ["/", "/a", "/A/", "/a/1", "/a/1/2", "/b/1", "/aa"];

/** A router's layers say which methods they take, and those of routers mounted in it. */
export function listsRoutes(): boolean {
  const mounted = Router().put("/:b", pass).get("/:b", pass).all("/:b", pass);
  const router = Router().use("/a", mounted).get("/b", pass);
  listMethods(router);
  const found = ["/a/1", "/b", "/a"].map((path) => methodsAt(path, router).join());
  return entersByHandle() && found.join(" ") === "PUT,GET,HEAD GET,HEAD ";
}

/** A router's layers know the path that they were given. */
export function namesRoutes(): boolean {
  const router = Router().use("/a/:b", Router().get("/:c", pass));
  nameRoutes(router);
  const route = [...allLayers(router)].find((layer) => layer.route)?.route;
  return entersByHandle() && routePattern({ route, baseUrl: "/a/1" } as Request) === "/a/:b/:c";
}

/** A router's layers, and its routes', have these three: the handler, and two methods that call it. */
export function handlesByLayer(): boolean {
  const router = Router().get("/a", pass, pass).use(pass);
  const layers = [...allLayers(router)].flatMap((layer) => [layer, ...(layer.route?.stack ?? [])]);
  return (
    entersByHandle() &&
    layers.length === 4 &&
    layers.every((layer) =>
      ["handle", "handleRequest", "handleError"].every(
        (name) => typeof (layer as unknown as Record<string, unknown>)[name] === "function",
      ),
    )
  );
}

function pass(..._args: unknown[]): void {
  // Never called.
}
