// Starts a server that logs when it listens, as Berth does.
import { freePort } from "../ports/free-port";
import type { Output } from "./output";
import { type Argv, type Run, type RunOptions, startRun } from "./run";

const listening = /is listening on port \d+/;
const startLimitMs = 20_000;

/**
 * Starts a server on a free port, and resolves once it logs that it listens.
 *
 * @throws Error with its output when it does not within 20 s
 */
export async function startServer(argv: Argv, options: RunOptions = {}): Promise<Run> {
  const run = startRun(argv, { port: String(await freePort()), ...options });
  await listens(run);
  return run;
}

/**
 * Resolves once a run logs that it listens.
 *
 * @param log The output to read, if not the run's own.
 * @param from The number of characters of the log to skip.
 * @throws Error with its output when it does not within 20 s
 */
export async function listens(run: Run, log: Output = run.output, from = 0): Promise<void> {
  if (await log.shows((text) => listening.test(text.slice(from)), startLimitMs)) return;
  await run.reap();
  throw new Error(`the server does not listen; its output:\n${run.output.text() || log.text()}`);
}
