// Two workers of a supervisor that replaces them on SIGHUP; and the same with a socket that outlives the supervisor.
import net from "node:net";
import { freePort } from "port-contract/ports";
import { type Run, startServer } from "port-contract/harness";
import { terminate } from "../exit";
import { serviceEnvironment, type Way, type WayOptions } from "./way";

const WORKERS = 2;
const REPLACED = "all workers are replaced";
const REPLACED_LIMIT_MS = 60_000;

/** A supervisor that binds its port. */
export const hup: Way = {
  title: `SIGHUP, ${WORKERS} workers`,
  async start(options) {
    const env = environment(options);
    const run = await startServer([options.node, options.service], { isolated: true, env });
    return { port: run.port, roll: () => replaceWorkers(run), stop: () => end(run) };
  },
};

/** A supervisor with systemd's socket activation: in each roll the workers are replaced, then the supervisor. */
export const sockets: Way = {
  title: `SIGHUP, ${WORKERS} workers, socket activation, supervisor replaced`,
  async start(options) {
    const port = await freePort();
    const socket = bindWithoutAccepting(port);
    const env = { ...environment(options), LISTEN_FDS: "1" };
    const argv = [...WITH_ITS_PID, options.node, options.service] as const;
    const startOne = () => startServer(argv, { isolated: true, env, fd3: socket.fd });
    let supervisor = await startOne();
    return {
      port,
      async roll() {
        await replaceWorkers(supervisor);
        const next = await startOne();
        await end(supervisor);
        supervisor = next;
      },
      async stop() {
        await end(supervisor);
        socket.close();
      },
    };
  },
};

const environment = (options: WayOptions) => ({
  ...serviceEnvironment(options),
  WEB_CONCURRENCY: String(WORKERS),
});

async function replaceWorkers(supervisor: Run): Promise<void> {
  const { output } = supervisor;
  const before = output.text().length;
  supervisor.signal("SIGHUP", "leader");
  const isOver = (text: string) => text.includes(REPLACED, before);
  if (!(await output.shows(isOver, REPLACED_LIMIT_MS)))
    throw new Error(`the workers were not replaced; the supervisor's output:\n${output.text()}`);
}

async function end(run: Run): Promise<void> {
  const { status } = await terminate(run);
  if (status !== "0") throw new Error(`a supervisor exited with ${status}:\n${run.output.text()}`);
}

/** LISTEN_PID must be the pid of the program, which exec keeps. */
const WITH_ITS_PID = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh"] as const;

/** An undocumented function of Node that its cluster module uses. */
interface Handle {
  fd: number;
  close(): void;
}

/** Binds a port without accepting, as a Node server would; the process that gets the descriptor listens. */
function bindWithoutAccepting(port: number): Handle {
  const handle = (net as unknown as CreatesHandles)._createServerHandle("127.0.0.1", port, 4);
  if (typeof handle === "number") throw new Error(`port ${port} cannot be bound: ${handle}`);
  return handle;
}
interface CreatesHandles {
  _createServerHandle(host: string, port: number, family: 4): Handle | number;
}
