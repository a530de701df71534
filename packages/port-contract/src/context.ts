// What a check has in its hands: the settings, and starting the program under test as often as it likes.
import { type Address, connect } from "./harness/connection";
import { freePort } from "./ports/free-port";
import { type Argv, type Run, type RunOptions, startRun } from "./harness/run";
import { until } from "./harness/wait";
import { comeUp, serve, type Service } from "./come-up";
import type { Answer, Probe } from "./probes/probe";
import type { Settings } from "./settings";

/** How a check starts the program; the port is a free one unless it is given. */
export type StartOptions = Partial<RunOptions> & {
  /** Runs another argv instead of the command's, usually one wrapped around it. */
  readonly argv?: Argv;
};

/** Everything a check may use. */
export interface Context {
  readonly settings: Settings;
  readonly probe: Probe;
  /** Starts the program and waits for nothing. */
  readonly launch: (options?: StartOptions) => Promise<Run>;
  /** Starts it and waits until its port is open. @throws NotUp when that takes longer than the platform waits */
  readonly listen: (options?: StartOptions) => Promise<Service>;
  /** Starts it and waits until it answers the probe. @throws NotUp when that takes longer than the platform waits */
  readonly start: (options?: StartOptions) => Promise<Service>;
  /** Asks the probe's question over a new connection. @throws Error when no answer comes */
  readonly ask: (address: Address) => Promise<Answer>;
  /** Counts a launched run among those that have come up; the others are there of themselves. */
  readonly cameUp: (run: Run) => void;
  /** A run that had come up and then ended unasked, if there is one. */
  readonly dead: () => Promise<Run | undefined>;
  /** Ends every run that was started here. */
  readonly reap: () => Promise<void>;
}

/** The longest that any single answer is waited for, unless a clause is about just that. */
export const answerLimitMs = 5000;

// A dying process loses its connections first.
const dyingMs = 250;

/** Prepares the context of one check. */
export function createContext(settings: Settings, probe: Probe): Context {
  const runs: Run[] = [];
  const services: Run[] = [];
  const bootMs = settings.platform.bootSeconds * 1000;

  const launch = async ({ argv = settings.command.argv, env, ...options }: StartOptions = {}) => {
    const port = String(await freePort());
    const run = startRun(argv, { port, env: { ...settings.env, ...env }, ...options });
    runs.push(run);
    return run;
  };
  const ask = async (address: Address) => {
    const connection = await connect(address);
    try {
      return await probe.ask(connection, settings, answerLimitMs);
    } finally {
      connection.close();
    }
  };
  const cameUp = (run: Run) => void services.push(run);
  const listen = async (options?: StartOptions) => {
    const service = await comeUp(await launch(options), bootMs);
    cameUp(service);
    return service;
  };
  const start = async (options?: StartOptions) => serve(await listen(options), ask, bootMs);
  const dead = async () => {
    const dying = () => services.filter((run) => !run.exit() && run.processes().length === 0);
    const isDead = (run: Run) => run.death() !== undefined;
    await until(() => services.some(isDead) || dying().length > 0, dyingMs);
    await Promise.all(dying().map(({ exited }) => exited));
    return services.find(isDead);
  };
  const reap = async () => {
    await Promise.all(runs.map((run) => run.reap()));
  };
  return { settings, probe, launch, listen, start, ask, cameUp, dead, reap };
}
