// One TCP connection to the program under test, which remembers what came and how the other side ended it.
import { createConnection, type Socket } from "node:net";
import { NoConnection } from "./missing-answer";

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
  /** Resolves when more has come or the other side has ended the connection. */
  readonly changed: () => Promise<void>;
  readonly close: () => void;
}

/**
 * Connects to an address.
 *
 * @throws NoConnection when nobody accepts, whatever the system calls that
 */
export function connect({ host, port }: Address): Promise<Connection> {
  const socket = createConnection({ host, port, noDelay: true });
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
  let wake: (() => void)[] = [];
  const change = () => {
    wake.forEach((resolve) => resolve());
    wake = [];
  };
  // latin1 keeps one character a byte, so lengths in headers can be counted in characters.
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    received += chunk;
    change();
  });
  for (const [event, how] of [
    ["end", "FIN"],
    ["error", "reset"],
  ] as const)
    socket.on(event, () => {
      ending ??= how;
      change();
    });
  return {
    socket,
    received: () => received,
    take: (length) => (received = received.slice(length)),
    ending: () => ending,
    changed: () => (ending ? Promise.resolve() : new Promise((resolve) => wake.push(resolve))),
    close: () => socket.destroy(),
  };
}
