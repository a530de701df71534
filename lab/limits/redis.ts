// Runs Debian's Redis without persistence, on a port that it keeps across restarts.
import { tmpdir } from "node:os";
import { freePort } from "port-contract/ports";
import { type Run, startRun } from "port-contract/harness";
import { requireProgram } from "../recipes/missing";

/** A Redis that can be stopped and started. */
export interface Redis {
  url: string;
  /** Starts it, and resolves once it accepts commands. */
  start: () => Promise<void>;
  /** Kills it; its counters are lost. */
  kill: () => Promise<void>;
  /** Starts it again, with its counters empty. */
  forget: () => Promise<void>;
  /** Stops its process: it accepts connections but does not respond. */
  freeze: () => void;
  thaw: () => void;
}

const START_LIMIT_MS = 20_000;

/**
 * Starts Redis on a free port.
 * @throws MissingProgram when it is not installed
 * @throws Error with its output when it does not start
 */
export async function startRedis(): Promise<Redis> {
  requireProgram("redis-server", "redis-server");
  const port = await freePort();
  const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", tmpdir()];
  let run: Run;
  async function start(): Promise<void> {
    run = startRun(["redis-server", ...settings]);
    if (await run.output.shows((text) => text.includes("Ready to accept"), START_LIMIT_MS)) return;
    await run.reap();
    throw new Error(`redis-server is not ready; its output:\n${run.output.text()}`);
  }
  const kill = () => run.reap();
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    forget: () => kill().then(start),
    freeze: () => run.signal("SIGSTOP", "leader"),
    thaw: () => run.signal("SIGCONT", "leader"),
  };
}
