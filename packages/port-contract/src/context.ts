// The context of one check: the settings, and functions that start the program under test.
import { type Address, connect } from "./harness/connection";
import { freePort } from "./ports/free-port";
import { type Argv, type Run, type RunOptions, startRun } from "./harness/run";
import { until } from "./harness/wait";
import { waitUntilListening, waitUntilReady, type Service } from "./startup";
import type { ProbeResult, Probe } from "./probes/probe";
import type { Settings } from "./settings";

/** How a check starts the program. The default port is a free one. */
export type StartOptions = Partial<RunOptions> & {
  /** Replaces the command's argv, usually to wrap it. */
  readonly argv?: Argv;
};

/** What a check receives. */
export interface Context {
  readonly settings: Settings;
  readonly probe: Probe;
  /** Starts the program without waiting. */
  readonly launch: (options?: StartOptions) => Promise<Run>;
  /** Starts it and waits until its port is open. @throws NotUp when it exits, or after the platform's boot limit */
  readonly listen: (options?: StartOptions) => Promise<Service>;
  /** Starts it and waits until the probe reports it ready. @throws NotUp when it exits, or after the platform's boot limit */
  readonly start: (options?: StartOptions) => Promise<Service>;
  /** Runs the probe over a new connection. @throws Error when there is no response */
  readonly runProbe: (address: Address) => Promise<ProbeResult>;
  /** Marks a launched run as up; `listen` and `start` do so themselves. */
  readonly markAsUp: (run: Run) => void;
  /** Finds a run that was up, and then exited without a signal from the check. */
  readonly findCrashed: () => Promise<Run | undefined>;
  /** Kills every run that was started here. */
  readonly reap: () => Promise<void>;
}

/** The time limit for one response, except in clauses about response times. */
export const responseLimitMs = 5000;

// A process that exits closes its connections first.
const exitLimitMs = 250;

/** Creates the context of one check. */
export function createContext(settings: Settings, probe: Probe): Context {
  const runs: Run[] = [];
  const up: Run[] = [];
  const bootMs = settings.platform.bootSeconds * 1000;

  const launch = async ({ argv = settings.command.argv, env, ...options }: StartOptions = {}) => {
    const port = String(await freePort());
    const run = startRun(argv, { port, env: { ...settings.env, ...env }, ...options });
    runs.push(run);
    return run;
  };
  const runProbe = async (address: Address) => {
    const connection = await connect(address);
    try {
      return await probe.run(connection, settings, responseLimitMs);
    } finally {
      connection.close();
    }
  };
  const markAsUp = (run: Run) => void up.push(run);
  const listen = async (options?: StartOptions) => {
    const service = await waitUntilListening(await launch(options), bootMs);
    markAsUp(service);
    return service;
  };
  const start = async (options?: StartOptions) =>
    waitUntilReady(await listen(options), runProbe, bootMs);
  const findCrashed = async () => {
    const exiting = () => up.filter((run) => !run.exit() && run.processes().length === 0);
    const hasCrashed = (run: Run) => run.unexpectedExit() !== undefined;
    await until(() => up.some(hasCrashed) || exiting().length > 0, exitLimitMs);
    await Promise.all(exiting().map(({ exited }) => exited));
    return up.find(hasCrashed);
  };
  const reap = async () => {
    await Promise.all(runs.map((run) => run.reap()));
  };
  return { settings, probe, launch, listen, start, runProbe, markAsUp, findCrashed, reap };
}
