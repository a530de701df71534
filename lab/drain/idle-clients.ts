// Starts processes that hold idle connections, because one process may not open enough of them.
import { join } from "node:path";
import { type Run, startRun } from "port-contract/harness";

/** How the server closed the connections. */
export interface Ends {
  fin: number;
  reset: number;
}

/** The options of a holder, passed as JSON in its only argument. */
export interface Holding {
  port: number;
  /** The loopback address to connect from: each one has its own ports. */
  from: string;
  count: number;
}

const HOLDERS = 4;
const HOLDER = join(__dirname, "idle-holder.ts");
const OPEN_LIMIT_MS = 60_000;

/**
 * Opens connections from several processes, and resolves when all are open; `ended` resolves when all are closed.
 * @throws Error when they cannot be opened
 */
export async function holdConnections(
  port: number,
  count: number,
): Promise<{ ended: Promise<Ends> }> {
  const holders = Array.from({ length: HOLDERS }, (_, i) => {
    // Distributes the remainder.
    const share = Math.floor((count + i) / HOLDERS);
    return startHolder({ port, from: `127.0.0.${2 + i}`, count: share });
  });
  for (const { output } of holders) {
    if (await output.shows((text) => text.includes("open\n"), OPEN_LIMIT_MS)) continue;
    throw new Error(`a process could not open its connections:\n${output.text()}`);
  }
  return { ended: Promise.all(holders.map(endsOf)).then(sum) };
}

function startHolder(holding: Holding): Run {
  return startRun([process.execPath, ...process.execArgv, HOLDER, JSON.stringify(holding)]);
}

async function endsOf(holder: Run): Promise<Ends> {
  await holder.exited;
  await holder.reap();
  return JSON.parse(holder.output.lines().at(-1) ?? "") as Ends;
}

const sum = (all: readonly Ends[]): Ends => ({
  fin: all.reduce((total, { fin }) => total + fin, 0),
  reset: all.reduce((total, { reset }) => total + reset, 0),
});
