import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { RequestHandler, Response } from "express";
import { createHttpServer } from "../../src/http/app-service";
import { Problem } from "../../src/request/problem";
import { createTestApp, problem } from "../../src/testing/app";
import { connectRaw, get } from "../../src/testing/raw-client";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** Serves `GET /x` after a middleware, and `/livez` without it. */
async function serveBehind(middleware: RequestHandler) {
  const { app, log } = createTestApp((router) => {
    router.get("/x", middleware, (_req, res) => void res.json("handled"));
    router.get("/pass", middleware);
  });
  const server = createHttpServer(app, { requestTimeoutMs: 60_000, keepAliveTimeoutMs: 60_000 });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = await connectRaw((server.address() as AddressInfo).port);
  const errors = () => log.filter(({ level }) => level === "error");
  return { ...client, log, errors };
}

describe("middleware that responds and continues", () => {
  it.each<[string, string, RequestHandler, string]>([
    ["to a handler that responds, too", "/x", (_req, res, next) => (res.json(1), next()), "1"],
    ["to nothing", "/pass", (_req, res, next) => (res.json(1), next()), "1"],
    ["by throwing", "/x", (_req, res) => thrown(res.json(1)), "1"],
    ["by rejecting", "/x", (_req, res) => Promise.reject(new Error(res.json(1).charset)), "1"],
    ["by calling next twice", "/x", (_req, _res, next) => (next(), next()), '"handled"'],
    ["by responding twice", "/x", (_req, res) => void res.json(1).json(2), "1"],
  ])("%s: sends the first response", async (_name, path, middleware, body) => {
    const client = await serveBehind(middleware);
    client.socket.write(get(path));
    await client.until(new RegExp(`^HTTP/1\\.1 200 [^]*\r\n\r\n${body}$`));
    // The connection stays usable.
    client.socket.write(get("/livez"));
    await client.until(/{"status":"ok"}$/);
    expect(client.errors()).toEqual([
      expect.objectContaining({ level: "error", msg: "request failed after its response" }),
    ]);
    expect(client.log.filter(({ msg }) => msg === "request")).toEqual([
      expect.objectContaining({ path, status: 200 }),
      expect.objectContaining({ path: "/livez", status: 200 }),
    ]);
  });
});

function thrown(_responded: unknown): never {
  throw new Error("late");
}

describe("middleware that never continues", () => {
  it("keeps only its own client waiting; the log says that it got no response", async () => {
    const held: Response[] = [];
    const client = await serveBehind((_req, res) => void held.push(res));
    client.socket.write(get("/x"));
    const other = await connectRaw(client.socket.remotePort as number);
    other.socket.write(get("/livez"));
    await other.until(/{"status":"ok"}$/);
    const gone = once(held[0] as Response, "close");
    client.socket.destroy();
    await gone;
    expect(client.log.at(-1)).toMatchObject({ path: "/x", status: 499, aborted: true });
  });

  it("is cut off by a time limit of the service, and may continue too late", async () => {
    let goOn = (): void => undefined;
    const client = await serveBehind((_req, res, next) => {
      res.setTimeout(50, () => next(new Problem(503, "This takes too long.")));
      goOn = next;
    });
    client.socket.write(get("/x"));
    const text = await client.until(/^HTTP\/1\.1 503 [^]*}$/);
    expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toEqual(
      problem(503, "Service Unavailable", { detail: "This takes too long." }),
    );
    goOn();
    client.socket.write(get("/livez"));
    await client.until(/{"status":"ok"}$/);
    expect(client.errors()).toEqual([expect.objectContaining({ msg: "request failed" })]);
  });
});
