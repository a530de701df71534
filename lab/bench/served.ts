// A contender as the processes that a work asks for: one as a rule, several, or one behind a router.
import type { Run } from "port-contract/harness";
import type { Contender } from "./contenders";
import { startFront } from "./front";
import { type Server, type ServerOptions, startContender } from "./server-process";

/** A contender that takes the load. */
export interface Served {
  /** Where the load goes, in equal shares. */
  ports: readonly number[];
  /** The contender's processes. */
  pids: () => number[];
  /** Those of the router in front of it, if there is one. */
  frontPids: () => number[];
  /** Ends all and resolves with how many lines the contender has logged. */
  stop: () => Promise<number>;
}

/**
 * Starts what a contender is to be measured as, and resolves when it answers.
 * @throws Error with what was printed, when something does not start.
 */
export async function serve(contender: Contender, options: ServerOptions): Promise<Served> {
  const servers: Server[] = [];
  while (servers.length < (contender.instances ?? 1))
    servers.push(await startContender(contender, options));
  const ports = servers.map(({ port }) => port);
  const front = contender.front && (await startFront(contender.front, options.node, ports[0]!));
  return {
    ports: front ? [front.port] : ports,
    pids: () => servers.flatMap(pidsOf),
    frontPids: () => (front ? pidsOf(front) : []),
    async stop() {
      await front?.reap();
      const lines = await Promise.all(servers.map((server) => server.stop()));
      return lines.reduce((sum, of) => sum + of, 0);
    },
  };
}

const pidsOf = (run: Run): number[] => run.processes().map(({ pid }) => pid);
