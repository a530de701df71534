import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, RequestHandler, Response } from "express";
import { messageClasses } from "../../src/express/messages";
import { createTestApp, type LogLine } from "../../src/testing/app";
import { connectRaw } from "../../src/testing/raw-client";

type Handler = (req: Request, res: Response) => Promise<unknown>;

const folder = mkdtempSync(join(tmpdir(), "gone-clients-"));
const file = join(folder, "file");
// More than the buffers of a connection hold.
beforeAll(() => (writeFileSync(file, ""), truncateSync(file, 2 ** 28)));
afterAll(() => rmSync(folder, { recursive: true }));

function* chunks() {
  for (;;) yield Buffer.alloc(65_536);
}
const endless = () => Readable.from(chunks());
const mute = () => new Readable({ read: () => undefined });
const sink = () => new Writable({ write: (_chunk, _encoding, taken) => taken() });
const closed = (res: Response) => new Promise((resolve) => res.once("close", resolve));

/** Aborted when the client disconnects, as a handler would pass it to what it calls. */
function leaving(res: Response): AbortSignal {
  const controller = new AbortController();
  res.once("close", () => controller.abort());
  return controller.signal;
}

/** Whether a client stays, disconnects when its request has arrived, or after a part of the response. */
type Leaves = "never" | "at once" | "later";

/** Sends a request with an endless body, and returns what was logged until its handler failed. */
async function logOf(handler: Handler, leaves: Leaves): Promise<LogLine[]> {
  const events = new EventEmitter();
  const [started, settled, over] = ["started", "settled", "over"].map((name) => once(events, name));
  // Not in a router, which would pass an error on in a later turn.
  const middleware: RequestHandler = async (req, res) => {
    res.once("close", () => events.emit("over"));
    events.emit("started");
    await handler(req, res).finally(() => setImmediate(() => events.emit("settled")));
  };
  const { app, log } = createTestApp(undefined, { middleware: [middleware] });
  const server = createServer(messageClasses(app), app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = await connectRaw((server.address() as AddressInfo).port);
  client.socket.write("POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\na");
  await started;
  if (leaves === "later") await client.until(/^HTTP/);
  if (leaves !== "never") client.socket.destroy();
  await Promise.all([settled, over]);
  await once(server.close(), "close");
  return log;
}

const line = (status: number) => expect.objectContaining({ status, aborted: true }) as object;
const failure = expect.objectContaining({ level: "error", msg: "request failed" }) as object;

describe("a client that disconnects before the end of its response", () => {
  it.each<[string, number, Leaves, Handler]>([
    ["pipeline, under way", 200, "later", (_req, res) => pipeline(endless(), res)],
    ["pipeline, before its first byte", 499, "at once", (_req, res) => pipeline(mute(), res)],
    [
      "pipeline, begun too late",
      499,
      "at once",
      async (_req, res) => {
        await closed(res);
        await pipeline(endless(), res);
      },
    ],
    ["pipeline of its upload", 499, "at once", (req) => pipeline(req, sink())],
    [
      "a loop over its upload",
      499,
      "at once",
      async (req) => {
        for await (const _chunk of req);
      },
    ],
    [
      "a wait that is aborted then",
      499,
      "at once",
      (_req, res) => once(res, "drain", { signal: leaving(res) }),
    ],
    [
      "sendFile with a callback",
      200,
      "later",
      (_req, res) =>
        new Promise<void>((resolve, reject) => {
          res.sendFile(file, (err) => (err ? reject(err) : resolve()));
        }),
    ],
  ])("is logged as a request, not as an error: %s", async (_what, status, leaves, handler) => {
    expect(await logOf(handler, leaves)).toEqual([line(status)]);
  });

  it("does not hide an error with another cause", async () => {
    const log = await logOf(async (_req, res) => {
      await closed(res);
      throw new Error("The disk is full.");
    }, "at once");
    expect(log).toEqual([line(499), failure]);
  });
});

describe("a response that breaks off while its client is connected", () => {
  it.each([
    ["fails", new Error("The disk cannot be read.")],
    ["fails like a client's disconnect", Object.assign(new Error(), { code: "ECONNRESET" })],
    ["ends too soon", undefined],
  ])("is logged as an error when its source %s", async (_what, reason) => {
    const log = await logOf((_req, res) => {
      const source = mute();
      source.push("half of");
      res.once("pipe", () => setImmediate(() => source.destroy(reason)));
      return pipeline(source, res);
    }, "never");
    expect(log).toContainEqual(failure);
  });
});
