// Makes a port-bound service of a TCP server, for protocols other than HTTP.
import type { Server, Socket } from "node:net";
import { watchAcceptQueue } from "./accept-queue";
import { bind, type BindTarget } from "./bind";
import type { PortBoundService } from "./service";

/** How a TCP server is bound, and how its connections are closed. */
export interface TcpServiceOptions {
  name: string;
  server: Server;
  target: BindTarget;
  /** Closes one connection as its protocol requires, once its work is done; by default, sends pending data, then FIN. */
  closeConnection?: (socket: Socket) => void;
}

/** Creates the service of a TCP server that does not listen yet. */
export function createTcpService(options: TcpServiceOptions): PortBoundService {
  const { name, server, target, closeConnection = (socket: Socket) => socket.end() } = options;
  const sockets = new Set<Socket>();
  let draining = false;

  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  return {
    name,
    bind: () => bind(server, target),
    isReady: () => server.listening && !draining,
    acceptWaiting: watchAcceptQueue(server),
    beginDrain() {
      draining = true;
    },
    drain() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) closeConnection(socket);
      return closed;
    },
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
