// The server of the embedded PostgreSQL: accepts connections, and ends all of them when it closes.
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { ProtocolError } from "./client-messages";
import { endConnection, serveConnection } from "./connection";
import { fatal } from "./messages";
import type { ConnectionSettings } from "./settings";
import type { SharedSession } from "./shared-session";

export interface PostgresServer {
  /**
   * Resolves to the address once it is bound.
   * @throws Error with the cure when the port is in use or not permitted.
   */
  listen(port: number, host: string): Promise<AddressInfo>;
  /** Ends all connections and rolls back their transactions. Resolves when the session is free. */
  close(): Promise<void>;
}

/** Creates a server for any number of connections to `session`. */
export function createPostgresServer(
  session: SharedSession,
  settings: ConnectionSettings,
): PostgresServer {
  const connections = new Map<Socket, Promise<void>>();
  let lastId = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    // Errors after the last read have no other listener.
    socket.on("error", () => {});
    const served = serveConnection(socket, session, settings, ++lastId)
      .catch((err: unknown) => reportError(socket, err))
      .then(() => leave(socket));
    connections.set(socket, served);
  });

  const leave = async (socket: Socket) => {
    socket.destroySoon();
    connections.delete(socket);
    // The next client gets a clean session, as on a PostgreSQL server.
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
      endConnection(socket, fatal("57P01", "terminating connection due to administrator command"));
    }
    await Promise.all(connections.values());
  };
  return { listen, close };
}

function cure(code: string | undefined): string {
  if (code === "EADDRINUSE") return "stop the process that uses the port, or set another PORT";
  if (code === "EACCES") return "set PORT to 1024 or above";
  return "set HOST to an address of this machine, or leave it unset";
}

/** Reports an error of a client or of PGlite, which ends this connection, not the process. */
function reportError(socket: Socket, err: unknown): void {
  if (err instanceof ProtocolError) socket.write(fatal("08P01", err.message));
  else if (!socket.destroyed) {
    console.error("embedded PostgreSQL: a connection failed:", err);
    socket.write(fatal("XX000", String(err)));
  }
}
