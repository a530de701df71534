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
  onConnect?: (socket: Socket) => void;
  onRequest?: (socket: Socket, request: Received) => void;
}

/** A running upstream. */
export interface Upstream {
  readonly port: number;
  readonly url: string;
  /** Every request that arrived, with or without a response. */
  readonly requests: readonly Received[];
  /** Bytes sent on all its sockets, including closed ones. */
  readonly sentBytes: () => number;
  /** Changes its behaviour, on open connections, too. */
  readonly behave: (behaviour: Behaviour) => void;
  /** Resets its connections and stops listening. */
  readonly stop: () => Promise<void>;
  /** Listens again. */
  readonly restart: () => Promise<void>;
}

/** A correct response. */
export const HEALTHY: Behaviour = {
  onRequest: (socket) => socket.write(jsonResponse(200, '{"name":"Ada"}')),
};

/** A complete JSON response; the given headers override the default ones. */
export function jsonResponse(
  status: number,
  body: string | Buffer,
  headers: readonly string[] = [],
) {
  const lines = [
    `HTTP/1.1 ${status} X`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), Buffer.from(body)]);
}

/** Starts an upstream on a port, by default a free one. */
export async function startUpstream(first: Behaviour = HEALTHY, at?: number): Promise<Upstream> {
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
    behaviour.onConnect?.(socket);
    onRequests(socket, (request) => {
      requests.push(request);
      behaviour.onRequest?.(socket, request);
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
    async stop() {
      for (const socket of open) socket.resetAndDestroy();
      const left = server;
      server = undefined;
      if (left) await new Promise((resolve) => left.close(resolve));
    },
    async restart() {
      server ??= await listen(port, connected);
    },
  };
}

async function listen(port: number, onConnect: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, onConnect).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Calls back for each complete request. */
function onRequests(socket: Socket, onRequest: (request: Received) => void): void {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    for (let end; (end = text.indexOf("\r\n\r\n")) >= 0;) {
      const head = text.slice(0, end);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      text = text.slice(end + 4 + length);
      const [method = "", path = ""] = head.split(" ");
      onRequest({ method, path, head: head.toLowerCase() });
    }
  });
}
