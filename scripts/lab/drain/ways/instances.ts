// Several processes of the service, each on a port of its own, kept alive and restarted in turn as a platform does.
import { freePort } from "../../../dev/ports/free-port";
import type { Run } from "../../harness/run";
import { startServer } from "../../harness/server";
import { until } from "../../harness/wait";
import { terminate } from "../exit";
import { SERVICE, serviceEnvironment, type WayOptions } from "./way";

/** The running instances. */
export interface Instances {
  ports: readonly number[];
  /** Ends one after the other, the next one only once the new one has been given a request. */
  roll(): Promise<void>;
  stop(): Promise<void>;
}

/** How long a proxy may take to send to a new instance, in milliseconds. */
const NOTICED_LIMIT_MS = 20_000;

/** Starts that many; one that dies unasked is started anew at once, on its port. */
export async function startInstances(
  count: number,
  options: WayOptions,
  more: Readonly<Record<string, string>> = {},
): Promise<Instances> {
  const env = { ...serviceEnvironment(options), ...more };
  const expected = new Set<Run>();
  const running: Run[] = [];

  async function startOne(at: number, port: number): Promise<Run> {
    const argv = [options.node, SERVICE] as const;
    const run = await startServer(argv, { port: String(port), isolated: true, env });
    running[at] = run;
    void run.exited.then(async () => {
      if (expected.has(run)) return;
      await run.reap();
      await startOne(at, port);
    });
    return run;
  }

  async function end(run: Run): Promise<void> {
    expected.add(run);
    const { status } = await terminate(run);
    if (status !== "0") throw new Error(`an instance exited with ${status}:\n${run.output.text()}`);
  }

  const ports: number[] = [];
  for (let at = 0; at < count; at++) {
    const port = await freePort();
    ports.push(port);
    await startOne(at, port);
  }
  return {
    ports,
    async roll() {
      for (const [at, port] of ports.entries()) {
        await end(running[at]!);
        const { pid } = await startOne(at, port);
        const isUsed = () => options.journal.executions().some((ran) => ran.pid === pid);
        if (!(await until(isUsed, NOTICED_LIMIT_MS, 50)))
          throw new Error(`nothing was sent to a new instance for ${NOTICED_LIMIT_MS / 1000} s`);
      }
    },
    stop: async () => void (await Promise.all(running.map(end))),
  };
}
