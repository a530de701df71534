// One TCP connection to the program under test, which remembers what came and how the other side ended it.
import { createConnection, type Socket } from "node:net";
import { NoConnection } from "./missing-answer";
import { createBell } from "./wait";

/** Where the program under test is reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An open connection, watched from its first moment. */
export interface Connection {
  readonly socket: Socket;
  /** Everything received and not yet taken. */
  readonly received: () => string;
  /** Removes the first `length` characters of what was received. */
  readonly take: (length: number) => void;
  /** How the other side ended the connection; `undefined` while it is open. */
  readonly ending: () => "FIN" | "reset" | undefined;
  /** Resolves when more has come or the other side has ended the connection; at once when it has. */
  readonly changed: () => Promise<void>;
  readonly close: () => void;
}

/**
 * Connects to an address.
 *
 * @param localAddress The address to come from: each has ports of its own.
 * @throws NoConnection when nobody accepts, whatever the system calls that
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
  const bell = createBell();
  // latin1 keeps one character a byte, so lengths in headers can be counted in characters.
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    received += chunk;
    bell.ring();
  });
  for (const [event, how] of [
    ["end", "FIN"],
    ["error", "reset"],
  ] as const)
    socket.on(event, () => {
      ending ??= how;
      bell.ring();
    });
  return {
    socket,
    received: () => received,
    take: (length) => (received = received.slice(length)),
    ending: () => ending,
    changed: () => (ending ? Promise.resolve() : bell.rung()),
    close: () => socket.destroy(),
  };
}
