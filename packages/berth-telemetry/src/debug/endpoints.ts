// The endpoints below /debug/: parse the request, have the task carried out, and send the result.
import { once } from "node:events";
import { open } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname } from "node:path";
import type { Logger } from "pino";
import type { About } from "berth/process";
import { createGuard, type Endpoint, refuse } from "../endpoint";
import type { Refusal, Task } from "./captures";
import type { Dispatch, Result } from "./dispatch";
import { removeFolder } from "./folder";
import { createLock } from "./lock";
import { type Numbers, type Ranges, readNumbers } from "./query";

/** What the endpoints need. */
export interface EndpointsOptions {
  token: string;
  about: About;
  dispatch: Dispatch;
  logger: Logger;
}

/** Each path's parameters, and the task that they describe. */
const TASKS: Readonly<Record<string, { ranges: Ranges; taskFor: (numbers: Numbers) => Task }>> = {
  "/debug/state": { ranges: {}, taskFor: () => ({ kind: "state" }) },
  "/debug/cpu-profile": {
    ranges: { seconds: [1, 60] },
    taskFor: ({ seconds = 10 }) => ({ kind: "cpu-profile", seconds }),
  },
  "/debug/heap-profile": {
    ranges: { seconds: [1, 60] },
    taskFor: ({ seconds = 10 }) => ({ kind: "heap-profile", seconds }),
  },
  "/debug/heap-snapshot": {
    ranges: { "max-mb": [1, 1_000_000] },
    taskFor: ({ "max-mb": maxMb }) => ({ kind: "heap-snapshot", maxMb }),
  },
};

/** How long a download may continue once the process drains, in milliseconds: it must not delay the exit. */
const DOWNLOAD_GRACE_MS = 1000;

const HEADERS = { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" };

const DRAINING: Refusal = { status: 503, detail: "The process is draining." };

/** Creates the endpoints, by path. */
export function createEndpoints({ token, about, dispatch, logger }: EndpointsOptions) {
  const isAllowed = createGuard(token, "DEBUG_TOKEN");
  const lock = createLock();
  /** The requests in flight. */
  const running = new Map<ServerResponse, AbortController>();
  let isDraining = false;

  const createEndpoint =
    ({ ranges, taskFor }: (typeof TASKS)[string]): Endpoint =>
    async (req, res) => {
      if (!isAllowed(req, res)) return;
      const numbers = readNumbers(req.url, { worker: [1, 1_000_000], ...ranges });
      if (typeof numbers === "string") return refuse(req, res, 400, numbers);
      if (req.method === "HEAD") return void res.writeHead(200, HEADERS).end();
      const task = taskFor(numbers);
      const refusal = isDraining && task.kind !== "state" ? DRAINING : lock.take(task);
      if (refusal) return respondRefusal(req, res, refusal);
      const ending = new AbortController();
      running.set(res, ending);
      res.once("close", () => ending.abort());
      try {
        const result = await dispatch({ task, worker: numbers.worker }, ending.signal);
        if (isDraining) limitDownload(res);
        await send(req, res, result, task.kind.replace("-", ""));
      } catch (err) {
        // A client that disconnects is not an error.
        if (!res.destroyed) logger.error({ err }, `the ${task.kind} cannot be sent`);
        res.destroy();
      } finally {
        running.delete(res);
        lock.release(task);
      }
    };

  /** @param extension The file name extension that DevTools expect. */
  async function send(
    req: IncomingMessage,
    res: ServerResponse,
    result: Result,
    extension: string,
  ): Promise<void> {
    if ("status" in result) return respondRefusal(req, res, result);
    if ("states" in result) {
      const { states: processes, missing } = result;
      const state = { ...about, node: process.version, processes, missing };
      return sendText(res, `${JSON.stringify(state, null, 2)}\n`);
    }
    const suffix = result.worker === undefined ? "" : `-worker-${result.worker}`;
    const name = `${about.name.replaceAll(/[^\w-]/g, "-")}${suffix}-${Date.now()}.${extension}`;
    const headers = { "Content-Disposition": `attachment; filename="${name}"` };
    if ("text" in result) return sendText(res, result.text, headers);
    const file = await open(result.file);
    try {
      // An open file needs no name. Without one, it disappears with the process, even after a crash.
      await removeFolder(dirname(result.file));
      const { size } = await file.stat();
      res.writeHead(200, { ...HEADERS, ...headers, "Content-Length": size });
      // Not `pipeline`: it adds so many listeners that Node would warn of a leak on the response.
      const content = file.createReadStream({ autoClose: false });
      content.on("error", () => res.destroy());
      content.pipe(res);
      await untilClosed(res);
      content.destroy();
    } finally {
      await file.close();
    }
  }

  return {
    endpoints: new Map(
      Object.entries(TASKS).map(([path, task]) => [path, createEndpoint(task)] as const),
    ),
    /** Ends running captures: a profile is sent with what it has so far. */
    drain(this: void): void {
      isDraining = true;
      for (const [res, ending] of running) {
        ending.abort();
        if (res.headersSent) limitDownload(res);
      }
    },
  };
}

const limitDownload = (res: ServerResponse): void =>
  void setTimeout(() => res.destroy(), DOWNLOAD_GRACE_MS).unref();

const sendText = (
  res: ServerResponse,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> => {
  res.writeHead(200, { ...HEADERS, ...headers, "Content-Length": Buffer.byteLength(text) });
  res.end(text);
  return untilClosed(res);
};

/** Resolves when everything is sent, or the client has disconnected. */
const untilClosed = async (res: ServerResponse): Promise<void> => {
  if (!res.destroyed) await once(res, "close");
};

const respondRefusal = (req: IncomingMessage, res: ServerResponse, refusal: Refusal): void => {
  const { status, detail, retryAfterSeconds: after } = refusal;
  refuse(req, res, status, detail, after === undefined ? {} : { "Retry-After": String(after) });
};
