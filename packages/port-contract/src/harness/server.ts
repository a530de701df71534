// A server that logs when it listens, as Berth does, and whatever is measured beside it.
import { freePort } from "../ports/free-port";
import type { Output } from "./output";
import { type Argv, type Run, type RunOptions, startRun } from "./run";

const listening = /is listening on port \d+/;
const startLimitMs = 20_000;

/**
 * Starts a server on a free port, and resolves once it says that it listens.
 *
 * @throws Error with what it has printed, when it does not within 20 s
 */
export async function startServer(argv: Argv, options: RunOptions = {}): Promise<Run> {
  const run = startRun(argv, { port: String(await freePort()), ...options });
  await listens(run);
  return run;
}

/**
 * Resolves once a run has said that it listens.
 *
 * @param log Where it says so, when that is not its own output.
 * @param from How many characters of the log to pass over.
 * @throws Error with what it has printed, when it does not within 20 s
 */
export async function listens(run: Run, log: Output = run.output, from = 0): Promise<void> {
  if (await log.shows((text) => listening.test(text.slice(from)), startLimitMs)) return;
  await run.reap();
  throw new Error(`a server does not listen; it says:\n${run.output.text() || log.text()}`);
}
