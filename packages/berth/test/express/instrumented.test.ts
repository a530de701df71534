// Monitoring agents wrap Express' functions and subscribe to its router's diagnostics channels.
import { tracingChannel } from "node:diagnostics_channel";
import { once } from "node:events";
import { IncomingMessage, ServerResponse, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Router } from "express";
import type * as httpServer from "../../src/http/app-service";
import type * as supportApp from "../../src/testing/app";

type Wrapped = Record<string, (...args: unknown[]) => unknown>;

// eslint-disable-next-line @typescript-eslint/no-require-imports -- loads the modules again after wrapping
const load = <T>(path: string): T => require(path) as T;

/** The names of the functions called, and whether each call was for a request made by Node. */
const calls: [string, boolean][] = [];

const isReal = (args: unknown[]): boolean =>
  args.every((arg) => arg instanceof IncomingMessage || arg instanceof ServerResponse);

/** As an agent does: keeps the name, replaces the function. */
function wrap(of: Wrapped, name: string): void {
  const original = of[name]!;
  const wrapper = function (this: unknown, ...args: unknown[]) {
    const messages = args.filter((arg) => typeof arg === "object" && !(arg instanceof Error));
    if (name.startsWith("handle")) calls.push([name, isReal(messages)]);
    else calls.push([name, this instanceof ServerResponse]);
    return original.apply(this, args);
  };
  of[name] = Object.defineProperty(wrapper, "name", { value: name });
}

describe("an Express wrapped by a monitoring agent", () => {
  let server: Server;
  let url: string;
  /** What had been called when the app was created. */
  let atStart: object;
  const channel = tracingChannel("express.router.request");
  const published: boolean[] = [];
  const listener = {
    start: (context: object) => {
      const { req, res } = context as { req: unknown; res: unknown };
      published.push(isReal([req, res]));
    },
    end: () => undefined,
    asyncStart: () => undefined,
    asyncEnd: () => undefined,
    error: () => undefined,
  };

  beforeAll(async () => {
    channel.subscribe(listener);
    jest.isolateModules(() => {
      const express = load<{ application: Wrapped; response: Wrapped; Router: unknown }>("express");
      wrap(express.application, "handle");
      for (const name of ["json", "send"]) wrap(express.response, name);
      wrap((express.Router as { prototype: Wrapped }).prototype, "handle");
      const layer = load<{ prototype: Wrapped }>("router/lib/layer");
      for (const name of ["handleRequest", "handleError"]) wrap(layer.prototype, name);
      const { createTestApp } = load<typeof supportApp>("../../src/testing/app");
      const { createHttpServer } = load<typeof httpServer>("../../src/http/app-service");
      const created = createTestApp(defineRoutes(load<{ Router: () => Router }>("express").Router));
      atStart = { calls: [...calls], published: [...published], log: [...created.log] };
      server = createHttpServer(created.app, {
        requestTimeoutMs: 10_000,
        keepAliveTimeoutMs: 10_000,
      });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    channel.unsubscribe(listener);
    server.close();
  });
  beforeEach(() => {
    calls.splice(0);
    published.splice(0);
  });

  it("is not called before the first request, and causes no warning", () => {
    expect(atStart).toEqual({ calls: [], published: [], log: [] });
  });

  it.each([
    ["GET", "/ships", 200],
    ["GET", "/fleet/1", 200],
    ["POST", "/ships", 405],
    ["POST", "/fleet/1", 405],
    ["GET", "/nothing", 404],
    ["GET", "/failing", 500],
  ])("is called only for the request: %s %s", async (method, path, status) => {
    expect((await fetch(url + path, { method })).status).toBe(status);
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.filter(([, isOfRequest]) => !isOfRequest)).toEqual([]);
    expect(published).toEqual(published.map(() => true));
    expect(published.length).toBeGreaterThan(0);
  });

  it("gets the calls that handlers make to res.json", async () => {
    await fetch(`${url}/ships`);
    expect(calls.filter(([name]) => name === "json")).toEqual([["json", true]]);
  });
});

const defineRoutes = (createRouter: () => Router) => (app: Router) => {
  const fleet = createRouter();
  fleet.get("/:id", (req, res) => void res.json({ id: req.params.id }));
  app.use("/fleet", fleet);
  app.get("/ships", (_req, res) => void res.json([]));
  app.get("/failing", () => {
    throw new Error("failed");
  });
};
