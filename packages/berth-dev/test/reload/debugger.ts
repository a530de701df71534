// A minimal debugger for the Chrome DevTools Protocol: breakpoints in TypeScript.
import { once } from "node:events";
import { SourceMap, type SourceMapPayload } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";

type Parameters = Record<string, unknown>;
interface Message extends Parameters {
  id?: number;
  method?: string;
  params?: Parameters;
  result?: Parameters;
}

export interface Debugger {
  /** Sets a breakpoint on this line of a TypeScript file, counted from 1, as an editor does. */
  breakAt(url: string, line: number): Promise<void>;
  /** Resolves to the TypeScript line, counted from 1, once the program is paused. */
  paused(): Promise<number>;
  resume(): Promise<void>;
  /** Resolves when the program has ended, and detaches, as editors do. */
  left(): Promise<void>;
}

/** Attaches to the inspector on this port once it listens. */
export async function attachDebugger(port: number): Promise<Debugger> {
  const socket = new WebSocket(await findTarget(port));
  const received: Message[] = [];
  socket.on("message", (data: Buffer) => received.push(JSON.parse(data.toString()) as Message));
  await once(socket, "open");

  /** Removes and returns the first matching message, received or still to come. */
  async function take(fits: (message: Message) => boolean): Promise<Parameters> {
    for (;;) {
      const index = received.findIndex(fits);
      const [message] = index < 0 ? [] : received.splice(index, 1);
      if (message) return message.result ?? message.params ?? {};
      await once(socket, "message");
    }
  }
  const event = (method: string, fits = (_params: Parameters) => true) =>
    take((message) => message.method === method && fits(message.params ?? {}));

  let lastId = 0;
  async function send(method: string, params: Parameters = {}): Promise<Parameters> {
    const id = ++lastId;
    socket.send(JSON.stringify({ id, method, params }));
    return take((message) => message.id === id);
  }

  await send("Runtime.enable");
  await send("Debugger.enable");
  const maps = new Map<string, SourceMap>();

  return {
    async breakAt(url, line) {
      const { scriptId, sourceMapURL } = await event(
        "Debugger.scriptParsed",
        (script) => script.url === url,
      );
      const map = readSourceMap(sourceMapURL as string);
      maps.set(scriptId as string, map);
      await send("Debugger.setBreakpointByUrl", { url, lineNumber: toCompiled(map, line - 1) });
    },
    async paused() {
      const { callFrames } = await event("Debugger.paused");
      const [frame] = callFrames as {
        location: { scriptId: string; lineNumber: number; columnNumber: number };
      }[];
      if (!frame) throw new Error("paused nowhere");
      const { scriptId, lineNumber, columnNumber } = frame.location;
      const entry = maps.get(scriptId)?.findEntry(lineNumber, columnNumber);
      return (entry as { originalLine: number }).originalLine + 1;
    },
    resume: async () => void (await send("Debugger.resume")),
    async left() {
      await event("Runtime.executionContextDestroyed");
      socket.close();
      await once(socket, "close");
    },
  };
}

async function findTarget(port: number): Promise<string> {
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`);
      const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
      if (target) return target.webSocketDebuggerUrl;
    } catch {
      // The inspector does not listen yet.
    }
    await delay(50);
  }
}

function readSourceMap(url: string): SourceMap {
  const [, base64 = ""] = /^data:application\/json;[^,]*base64,(.*)$/.exec(url) ?? [];
  return new SourceMap(JSON.parse(Buffer.from(base64, "base64").toString()) as SourceMapPayload);
}

/** The first compiled line that comes from this source line; both are counted from 0. */
function toCompiled(map: SourceMap, line: number): number {
  for (let compiled = 0; compiled < 10_000; compiled++) {
    const entry = map.findEntry(compiled, Number.MAX_SAFE_INTEGER);
    if ("originalLine" in entry && entry.originalLine === line) return compiled;
  }
  throw new Error(`line ${line + 1} is not in the source map`);
}
