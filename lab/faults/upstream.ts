// An upstream on plain sockets that can misbehave in any way and records its requests.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { freePort } from "port-contract/ports";

/** A complete request. */
export interface Received {
  method: string;
  path: string;
  /** The request line and headers, in lower case. */
  head: string;
}

/** Its behaviour on a connection. */
export interface Behaviour {
  connected?: (socket: Socket) => void;
  asked?: (socket: Socket, request: Received) => void;
}

/** A running upstream. */
export interface Upstream {
  readonly port: number;
  readonly url: string;
  /** Every request that arrived, answered or not. */
  readonly requests: readonly Received[];
  /** Bytes sent on all its sockets, including closed ones. */
  readonly sentBytes: () => number;
  /** Changes its behaviour, on open connections, too. */
  readonly behave: (behaviour: Behaviour) => void;
  /** Resets its connections and stops listening. */
  readonly leave: () => Promise<void>;
  /** Listens again. */
  readonly comeBack: () => Promise<void>;
}

/** A correct response. */
export const WELL: Behaviour = {
  asked: (socket) => socket.write(answer(200, '{"name":"Ada"}')),
};

/** A complete JSON response; the given headers override the default ones. */
export function answer(status: number, body: string | Buffer, headers: readonly string[] = []) {
  const lines = [
    `HTTP/1.1 ${status} X`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), Buffer.from(body)]);
}

/** Starts an upstream on a port, by default a free one. */
export async function startUpstream(first: Behaviour = WELL, at?: number): Promise<Upstream> {
  let behaviour = first;
  const requests: Received[] = [];
  const open = new Set<Socket>();
  let closedBytes = 0;
  const port = at ?? (await freePort());
  const connected = (socket: Socket): void => {
    open.add(socket);
    socket
      .on("error", () => undefined)
      .on("close", () => {
        open.delete(socket);
        closedBytes += socket.bytesWritten - socket.writableLength;
      });
    behaviour.connected?.(socket);
    onRequests(socket, (request) => {
      requests.push(request);
      behaviour.asked?.(socket, request);
    });
  };
  let server: Server | undefined = await listen(port, connected);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    sentBytes: () =>
      [...open].reduce((sum, of) => sum + of.bytesWritten - of.writableLength, closedBytes),
    behave: (next) => (behaviour = next),
    async leave() {
      for (const socket of open) socket.resetAndDestroy();
      const left = server;
      server = undefined;
      if (left) await new Promise((resolve) => left.close(resolve));
    },
    async comeBack() {
      server ??= await listen(port, connected);
    },
  };
}

async function listen(port: number, connected: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, connected).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Calls back for each complete request. */
function onRequests(socket: Socket, asked: (request: Received) => void): void {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    for (let end; (end = text.indexOf("\r\n\r\n")) >= 0;) {
      const head = text.slice(0, end);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      text = text.slice(end + 4 + length);
      const [method = "", path = ""] = head.split(" ");
      asked({ method, path, head: head.toLowerCase() });
    }
  });
}
