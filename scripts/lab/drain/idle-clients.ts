// The processes that hold idle connections, as one process may not open enough.
import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { start } from "../bench/children";

/** How the server ended connections. */
export interface Ends {
  fin: number;
  reset: number;
}

/** What a holder is told, as JSON in its one argument. */
export interface Holding {
  port: number;
  /** The loopback address to connect from: each has ports of its own. */
  from: string;
  count: number;
}

const HOLDERS = 4;
const HOLDER = join(__dirname, "idle-holder.ts");

/**
 * Opens connections from several processes, and resolves when all are open; `ended` resolves when none is.
 * @throws Error when they cannot be opened.
 */
export async function holdConnections(
  port: number,
  count: number,
): Promise<{ ended: Promise<Ends> }> {
  const holders = Array.from({ length: HOLDERS }, (_, i) => {
    // The last ones take what is left over.
    const share = Math.floor((count + i) / HOLDERS);
    return startHolder({ port, from: `127.0.0.${2 + i}`, count: share });
  });
  await Promise.all(holders.map((holder) => nextMessage(holder)));
  return { ended: Promise.all(holders.map((holder) => nextMessage(holder))).then(sum) };
}

function startHolder(holding: Holding): ChildProcess {
  const command = [process.execPath, ...process.execArgv, HOLDER, JSON.stringify(holding)];
  return start(command, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

async function nextMessage(holder: ChildProcess): Promise<Ends> {
  const [message] = (await Promise.race([once(holder, "message"), failure(holder)])) as [Ends];
  return message;
}

async function failure(holder: ChildProcess): Promise<never> {
  await once(holder, "close");
  throw new Error("a process that holds idle connections has ended early");
}

const sum = (all: readonly Ends[]): Ends => ({
  fin: all.reduce((total, { fin }) => total + fin, 0),
  reset: all.reduce((total, { reset }) => total + reset, 0),
});
