// A TCP connection to the program under test that records what it receives and how the peer ends it.
import { createConnection, type Socket } from "node:net";
import { NoConnection } from "./missing-response";
import { createNotifier } from "./wait";

/** Where to connect. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An open connection. */
export interface Connection {
  readonly socket: Socket;
  /** Everything received but not yet taken. */
  readonly received: () => string;
  /** Removes the first `length` characters of what was received. */
  readonly take: (length: number) => void;
  /** How the peer ended the connection; `undefined` while it is open. */
  readonly ending: () => "FIN" | "reset" | undefined;
  /** Resolves when more data arrives or the peer ends the connection; at once if it has ended. */
  readonly changed: () => Promise<void>;
  readonly close: () => void;
}

/**
 * Connects to an address.
 *
 * @param localAddress The source address: each one has its own ports.
 * @throws NoConnection when the connection fails
 */
export function connect({ host, port }: Address, localAddress?: string): Promise<Connection> {
  const socket = createConnection({ host, port, localAddress, noDelay: true });
  return new Promise((resolve, reject) => {
    const refuse = ({ message, code }: NodeJS.ErrnoException) =>
      reject(new NoConnection(message, code));
    socket.once("error", refuse);
    socket.once("connect", () => {
      socket.off("error", refuse);
      resolve(watch(socket));
    });
  });
}

function watch(socket: Socket): Connection {
  let received = "";
  let ending: "FIN" | "reset" | undefined;
  const change = createNotifier();
  // In latin1 a character is a byte, so Content-Length can be counted in characters.
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    received += chunk;
    change.notify();
  });
  for (const [event, how] of [
    ["end", "FIN"],
    ["error", "reset"],
  ] as const)
    socket.on(event, () => {
      ending ??= how;
      change.notify();
    });
  return {
    socket,
    received: () => received,
    take: (length) => (received = received.slice(length)),
    ending: () => ending,
    changed: () => (ending ? Promise.resolve() : change.next()),
    close: () => socket.destroy(),
  };
}
