// The port of the embedded PostgreSQL: accepts connections, and ends them all when it closes.
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { ProtocolError } from "./client-messages";
import { type ConnectionSettings, serveConnection } from "./connection";
import { dismiss } from "./dismiss";
import { fatal } from "./messages";
import type { SharedSession } from "./shared-session";

export interface PostgresServer {
  /**
   * Resolves to the address once it is bound.
   * @throws Error when the port is taken or not allowed, with what to do about it.
   */
  listen(port: number, host: string): Promise<AddressInfo>;
  /** Ends all connections, rolls their transactions back and resolves when the session is free. */
  close(): Promise<void>;
}

/** Creates a server of any number of connections to `session`. */
export function createPostgresServer(
  session: SharedSession,
  settings: ConnectionSettings,
): PostgresServer {
  const connections = new Map<Socket, Promise<void>>();
  let lastId = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    // A socket may break after its connection was served, when nothing reads it any more.
    socket.on("error", () => {});
    const served = serveConnection(socket, session, settings, ++lastId)
      .catch((err: unknown) => explain(socket, err))
      .then(() => leave(socket));
    connections.set(socket, served);
  });

  const leave = async (socket: Socket) => {
    socket.destroySoon();
    connections.delete(socket);
    // The next application finds the session as new, as after a restart of a PostgreSQL server's client.
    if (connections.size === 0 && server.listening) await session.reset();
  };

  const listen = async (port: number, host: string) => {
    server.listen(port, host);
    await once(server, "listening").catch((err: NodeJS.ErrnoException) => {
      throw new Error(`cannot listen on ${host}:${port} (${err.code}): ${cure(err.code)}`);
    });
    return server.address() as AddressInfo;
  };

  const close = async () => {
    server.close();
    for (const socket of connections.keys()) {
      dismiss(socket, fatal("57P01", "terminating connection due to administrator command"));
    }
    await Promise.all(connections.values());
  };
  return { listen, close };
}

function cure(code: string | undefined): string {
  if (code === "EADDRINUSE") return "stop the process that has the port, or set another PORT";
  if (code === "EACCES") return "set PORT to 1024 or above";
  return "set HOST to an address of this machine, or leave it unset";
}

/** A client that is gone needs no answer; what it or PGlite did wrong ends its connection, not the process. */
function explain(socket: Socket, err: unknown): void {
  if (err instanceof ProtocolError) socket.write(fatal("08P01", err.message));
  else if (!socket.destroyed) {
    console.error("embedded PostgreSQL: a connection failed:", err);
    socket.write(fatal("XX000", String(err)));
  }
}
