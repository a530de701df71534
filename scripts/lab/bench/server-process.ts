// A contender as a process of its own, from its start to its end.
import { createInterface } from "node:readline";
import { stop } from "./children";
import type { Contender } from "./contenders";
import { spawnDrained, spawnKept } from "./server-log";

/** How a contender is started. */
export interface ServerOptions {
  /** The Node that runs it. */
  node: string;
  env?: Readonly<Record<string, string>> | undefined;
  /** `kept` lines come to this process; `drained` ones go through a real pipe to one that only counts them. */
  log: "kept" | "drained";
}

/** A contender that accepts connections. */
export interface Server {
  pid: number;
  port: number;
  /** All lines of a kept log so far. */
  lines: readonly string[];
  /** Resolves with the port of the next process that a watcher starts. */
  nextPort: () => Promise<number>;
  /** Ends it and resolves with how many lines it has logged. */
  stop: () => Promise<number>;
}

/** How long a contender may take to listen, in milliseconds. */
const START_TIMEOUT_MS = 20_000;

/**
 * Starts a contender and resolves when it listens.
 * @throws Error with what it printed, when it does not.
 */
export function startServer(contender: Contender, options: ServerOptions): Promise<Server> {
  return startCommand([options.node, contender.script], {
    ...options,
    env: { ...contender.env, ...options.env },
  });
}

/** Starts a command that logs the port it listens on, and resolves when it does. */
export async function startCommand(
  command: readonly string[],
  { env, log }: ServerOptions,
): Promise<Server> {
  const spawnServer = log === "kept" ? spawnKept : spawnDrained;
  const { server, output } = spawnServer(command, { ...surroundings(), ...env });
  const lines: string[] = [];
  const ports = createPortQueue();
  const reader = createInterface({ input: output }).on("line", (line) => {
    lines.push(line);
    const port = /"port":(\d+)/.exec(line)?.[1];
    if (port) ports.add(Number(port));
  });
  server.once("exit", () => ports.fail(new Error(`${command.join(" ")} has ended`)));
  const closed = new Promise((resolve) => reader.once("close", resolve));
  return {
    port: await ports.next(),
    pid: server.pid ?? Number.NaN,
    lines,
    nextPort: ports.next,
    async stop() {
      await stop(server);
      await closed;
      return log === "kept" ? lines.length : countOf(lines.at(-1));
    },
  };
}

/** What people deploy with; the database is only there for works that need it. */
const surroundings = (): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_ENV: "production",
  DATABASE_URL: undefined,
});

const countOf = (line = "{}"): number => (JSON.parse(line) as { lines?: number }).lines ?? 0;

/** The ports that have been logged and not been asked for, and who waits for the next. */
function createPortQueue() {
  const ports: number[] = [];
  let waiting: { resolve: (port: number) => void; reject: (err: Error) => void } | undefined;
  return {
    add(port: number): void {
      if (waiting) waiting.resolve(port);
      else ports.push(port);
      waiting = undefined;
    },
    fail: (err: Error): void => waiting?.reject(err),
    next: (): Promise<number> =>
      new Promise((resolve, reject) => {
        const port = ports.shift();
        if (port !== undefined) return resolve(port);
        waiting = { resolve, reject };
        setTimeout(() => reject(new Error("no port was logged in time")), START_TIMEOUT_MS).unref();
      }),
  };
}
