// Checks whether Express works as the patches expect, by the structure of its parts and by calls that no monitoring
// agent observes: an agent would report a test request through a router as a client's.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import express, { type Request, type Response, Router } from "express";
import { acceptAbsoluteForm } from "./app-handle";
import { entityTag, isOwnJson, isOwnSend } from "./fast-response";
import { allLayers } from "./layers";
import { compareLiteralsFirst } from "./literal-paths";
import { shareWithMountedApps } from "./messages";
import { enableMethodsAt, methodsAt } from "./methods-at";
import { recordPatterns, routePattern } from "./route-patterns";

/** `app.response` adds only `app`, and `res.json` reads these settings, sets these headers and calls `end` once. */
export function sendsJson(): boolean {
  const app = express();
  const { json, send } = express.response;
  return (
    isBetween(app.request, express.request, IncomingMessage.prototype) &&
    isBetween(app.response, express.response, ServerResponse.prototype) &&
    // A method that an agent has wrapped is not called here; the fast path calls it for each response.
    (!isOwnJson(json) || !isOwnSend(send) || sendsAsExpected(app))
  );
}

function sendsAsExpected({ settings }: { settings: object }): boolean {
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

/** Express makes the same entity tag. */
export function tagsEntities(): boolean {
  const tag = express().get("etag fn") as typeof entityTag;
  return tag("a") === entityTag("a");
}

/** An app passes every request to its `handle`. */
export function entersByHandle(): boolean {
  let path: string | undefined;
  const app = Object.assign(express(), { handle: ({ url }: Request) => void (path = url) });
  acceptAbsoluteForm(app);
  const req = Object.assign(new IncomingMessage(new Socket()), { url: "http://user:%@host/a" });
  app(req, new ServerResponse(req));
  return path === "/a";
}

/** An app mounted in a router is a layer, with a `request` and `response` of its own. */
export function mountsApps(): boolean {
  const outer = express();
  const inner = express();
  outer.use(Router().use("/a", inner));
  shareWithMountedApps(outer);
  return entersByHandle() && Object.getPrototypeOf(inner.response) === outer.response;
}

/** A router calls its layers' `match`, and layers know their paths. */
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

/** A router's layers list their methods, and so do the layers of mounted routers. */
export function listsRoutes(): boolean {
  const mounted = Router().put("/:b", pass).get("/:b", pass).all("/:b", pass);
  const router = Router().use("/a", mounted).get("/b", pass);
  enableMethodsAt(router);
  const found = ["/a/1", "/b", "/a"].map((path) => methodsAt(path, router).join());
  return entersByHandle() && found.join(" ") === "PUT,GET,HEAD GET,HEAD ";
}

/** A router's layers keep the path they were created with. */
export function namesRoutes(): boolean {
  const router = Router().use("/a/:b", Router().get("/:c", pass));
  recordPatterns(router);
  const route = [...allLayers(router)].find((layer) => layer.route)?.route;
  return entersByHandle() && routePattern({ route, baseUrl: "/a/1" } as Request) === "/a/:b/:c";
}

/** The layers of a router and of its routes have a handler and two methods that call it. */
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

/** Never called. */
function pass(..._args: unknown[]): void {}
