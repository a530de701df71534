// The three instances that stand behind a router: the subject, on ports that they keep when they are started anew.
import { join } from "node:path";
import { type Run, startServer } from "port-contract/harness";

/** The service that is tried. */
export const SUBJECT = join(__dirname, "subject.js");

/** What runs, and can be replaced. */
export interface Instances {
  ports: number[];
  /** Sends a signal to one, and starts it anew on its port once it has ended. */
  restart: (index: number, signal: NodeJS.Signals) => Promise<void>;
  /** Kills one, and leaves its port to nobody. */
  kill: (index: number) => Promise<void>;
  reap: () => Promise<void>;
}

/** Starts three, as docs/deploy/nginx.conf and haproxy.cfg want them. */
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
