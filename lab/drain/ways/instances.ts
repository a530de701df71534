// Several processes of the service, each on its own port, supervised and restarted in turn as by a platform.
import { type Run, startServer, until } from "port-contract/harness";
import { terminate } from "../exit";
import { serviceEnvironment, type WayOptions } from "./way";

/** The running instances. */
export interface Instances {
  /** Restarts one after the other, each once the previous replacement has got a request. */
  roll(): Promise<void>;
  stop(): Promise<void>;
}

/** How long a proxy may take to send to a new instance, in milliseconds. */
const NOTICED_LIMIT_MS = 20_000;

/** Starts one per port, and restarts one that crashes. @throws Error when one does not listen */
export async function startInstances(
  ports: readonly number[],
  options: WayOptions,
  more: Readonly<Record<string, string>>,
): Promise<Instances> {
  const argv = [options.node, options.service] as const;
  const env = { ...serviceEnvironment(options), ...more };
  const expected = new Set<Run>();
  const running: Promise<Run>[] = [];

  function start(at: number): Promise<Run> {
    const started = startServer(argv, { port: String(ports[at]), isolated: true, env });
    running[at] = started;
    void started.then(async (run) => {
      await run.exited;
      if (!expected.has(run)) running[at] = run.reap().then(() => start(at));
    });
    return started;
  }

  async function end(run: Run): Promise<void> {
    expected.add(run);
    const { status } = await terminate(run);
    if (status !== "0") throw new Error(`an instance exited with ${status}:\n${run.output.text()}`);
  }

  await Promise.all(ports.map((_, at) => start(at)));
  return {
    async roll() {
      for (const at of ports.keys()) {
        await end(await running[at]!);
        const { pid } = await start(at);
        const isUsed = () => options.journal.executions().some((ran) => ran.pid === pid);
        if (!(await until(isUsed, NOTICED_LIMIT_MS, 50)))
          throw new Error(`a new instance got no request for ${NOTICED_LIMIT_MS / 1000} s`);
      }
    },
    stop: async () => void (await Promise.all(running.map(async (run) => end(await run)))),
  };
}
