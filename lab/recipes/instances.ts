// Three instances of the service under test, on ports that they keep across restarts.
import { join } from "node:path";
import { type Run, startServer } from "port-contract/harness";

/** The service under test. */
export const SUBJECT = join(__dirname, "subject.js");

/** The running instances. */
export interface Instances {
  ports: number[];
  /** Signals an instance, and starts it again on its port once it has exited. */
  restart: (index: number, signal: NodeJS.Signals) => Promise<void>;
  /** Kills an instance without restarting it. */
  kill: (index: number) => Promise<void>;
  reap: () => Promise<void>;
}

/** Starts three instances with the settings that docs/deploy/nginx.conf and haproxy.cfg require. */
export async function startInstances(drainDelayMs: number): Promise<Instances> {
  const env = { HOST: "127.0.0.1", TRUST_PROXY: "1", DRAIN_DELAY_MS: String(drainDelayMs) };
  const start = (port?: number): Promise<Run> =>
    startServer([process.execPath, SUBJECT], {
      isolated: true,
      env,
      ...(port && { port: String(port) }),
    });
  const runs = await Promise.all([start(), start(), start()]);

  async function end(index: number, signal: NodeJS.Signals): Promise<void> {
    runs[index]!.signal(signal, "leader");
    await runs[index]!.exited;
    await runs[index]!.reap();
  }
  return {
    ports: runs.map(({ port }) => port),
    async restart(index, signal) {
      await end(index, signal);
      runs[index] = await start(runs[index]!.port);
    },
    kill: (index) => end(index, "SIGKILL"),
    reap: async () => void (await Promise.all(runs.map((run) => run.reap()))),
  };
}
