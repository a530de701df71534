// The load against servers that misbehave: losses are counted, orderly ends are not.
import { appendFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { readStreams } from "../load/event-streams";
import { createJournal } from "../load/journal";
import { sendRequests } from "../load/requests";
import { failed, tally } from "../load/tally";
import { converse } from "../load/websockets";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()));

/** Starts a server; the signal is aborted after this many requests. */
async function serve(times: number, listener: RequestListener) {
  const stop = new AbortController();
  let asked = 0;
  const server = createServer((req, res) => {
    if (++asked === times) stop.abort();
    listener(req, res);
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, port: (server.address() as AddressInfo).port, stopped: stop.signal, stop };
}

const PLAN = { method: "POST", path: "/", clients: 1, pauseMs: 20 } as const;
const failuresOf = async ({ port, stopped }: { port: number; stopped: AbortSignal }) =>
  (await sendRequests(port, PLAN, stopped)).map(({ failure }) => failure);

describe("sendRequests()", () => {
  it("counts nothing when the server ends connections between two requests", async () => {
    const served = await serve(3, ({ socket }, res) => {
      // Without Connection: close.
      res.end("done").on("close", () => socket.end());
    });
    expect(await failuresOf(served)).toEqual([undefined, undefined, undefined]);
  });

  it("counts nothing when the server sends Connection: close", async () => {
    const served = await serve(3, (_req, res) => {
      res.setHeader("Connection", "close").end("done");
    });
    expect(await failuresOf(served)).toEqual([undefined, undefined, undefined]);
  });

  it("counts a request on a connection that is being closed, and does not retry it", async () => {
    const ids: (string | undefined)[] = [];
    const served = await serve(2, (req, res) => {
      ids.push(req.url);
      if (ids.length === 1) return void res.end("done");
      req.socket.destroy();
    });
    expect(await failuresOf(served)).toEqual([undefined, "reset"]);
    expect(new Set(ids).size).toBe(2);
  });

  it("counts an incomplete response", async () => {
    const served = await serve(1, (_req, res) => {
      res.writeHead(200, { "Content-Length": "100" }).write("half", () => res.socket?.destroy());
    });
    expect(await failuresOf(served)).toEqual(["cut"]);
  });

  it("counts any status except 200, and keeps using the connection", async () => {
    const ports = new Set<number | undefined>();
    const served = await serve(2, (req, res) => {
      ports.add(req.socket.remotePort);
      res.writeHead(502).end("Bad Gateway");
    });
    expect(await failuresOf(served)).toEqual(["502", "502"]);
    expect(ports.size).toBe(1);
  });

  it("sends a plan's own body, and expects its status", async () => {
    const seen: string[] = [];
    const { port, stopped } = await serve(1, (req, res) => {
      req.setEncoding("utf8").on("data", (body: string) => {
        seen.push(`${req.url} ${body}`);
        res.writeHead(201).end();
      });
    });
    const plan = { ...PLAN, expectedStatus: 201, withId: (id: string) => ({ body: `<${id}>` }) };
    const [sent] = await sendRequests(port, plan, stopped);
    expect(sent?.failure).toBeUndefined();
    expect(seen).toEqual([`/ <${sent?.id}>`]);
  });

  it("counts a refused connection", async () => {
    const served = await serve(1, (_req, res) => void res.end());
    served.server.close();
    const sent = failuresOf(served);
    setImmediate(() => served.stop.abort());
    expect(await sent).toEqual(["refused"]);
  });
});

describe("converse()", () => {
  async function serveWebSockets(farewell: (socket: WebSocket) => void) {
    const served = await serve(0, () => undefined);
    const wss = new WebSocketServer({ server: served.server });
    let connections = 0;
    wss.on("connection", (socket) => {
      if (++connections === 2) return served.stop.abort();
      socket.once("message", () => farewell(socket));
    });
    return served;
  }

  it("does not count a Close frame, and reconnects", async () => {
    const { port, stopped } = await serveWebSockets((socket) => socket.close(1001));
    expect(await converse(port, "/", 1, stopped)).toEqual([{}]);
  });

  it("counts an end without a Close frame", async () => {
    const { port, stopped } = await serveWebSockets((socket) => socket.terminate());
    expect(await converse(port, "/", 1, stopped)).toEqual([{ failure: "cut" }]);
  });

  it("counts a refused handshake", async () => {
    const { port, stopped, stop, server } = await serve(0, () => undefined);
    let asked = 0;
    server.on("upgrade", (_req, socket) => {
      if (++asked === 2) stop.abort();
      socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    });
    expect(await converse(port, "/", 1, stopped)).toEqual([{ failure: "503" }]);
  });
});

describe("readStreams()", () => {
  const streaming = (end: RequestListener) =>
    serve(2, (req, res) => {
      res.write("data: 1\n\n", () => end(req, res));
    });

  it("does not count the end of a body, and requests it again", async () => {
    const { port, stopped } = await streaming((_req, res) => void res.end());
    expect(await readStreams(port, "/", 1, stopped)).toEqual([{}]);
  });

  it("counts an incomplete body", async () => {
    const { port, stopped } = await streaming((req) => void req.socket.destroy());
    expect(await readStreams(port, "/", 1, stopped)).toEqual([{ failure: "cut" }]);
  });
});

describe("tally()", () => {
  const sent = (id: string, method: "GET" | "POST") => ({ id, method, sentAtMs: 0 });

  it("counts POSTs, but not GETs, that ran more than once on any process", () => {
    const journal = createJournal();
    appendFileSync(
      journal.path,
      "begun 7 1\nbegun 7 2\ndone 7 2\nbegun 8 2\nbegun 7 3\nbegun 8 3\n",
    );
    const ran = journal.executions();
    journal.remove();
    const requests = [sent("1", "POST"), sent("2", "POST"), sent("3", "GET")];
    const { posts, postsTwice } = tally({ requests, sockets: [], streams: [] }, ran);
    expect({ all: posts.all, failed: failed(posts), postsTwice }).toEqual({
      all: 2,
      failed: 0,
      postsTwice: 1,
    });
  });

  it("counts each kind of failure", () => {
    const lost = { ...sent("1", "POST"), failure: "reset" as const };
    const requests = [lost, { ...lost, id: "2" }, sent("3", "POST"), sent("4", "GET")];
    const sockets = [{}, { failure: "cut" as const }];
    const sum = tally({ requests, sockets, streams: [] }, []);
    expect([sum.gets, sum.posts, sum.sockets, sum.streams]).toEqual([
      { all: 1, failures: new Map() },
      { all: 3, failures: new Map([["reset", 2]]) },
      { all: 2, failures: new Map([["cut", 1]]) },
      { all: 0, failures: new Map() },
    ]);
  });
});
