// Starts a contender as a workload requires: one process, several, or one behind a router.
import type { Run } from "port-contract/harness";
import type { Contender } from "./contenders";
import { startFront } from "./front";
import { type Server, type ServerOptions, startContender } from "./server-process";

/** A running contender. */
export interface Served {
  /** The ports that share the load equally. */
  ports: readonly number[];
  /** The contender's processes. */
  pids: () => number[];
  /** The processes of the router in front of it, if there is one. */
  frontPids: () => number[];
  /** Stops all processes and resolves to the number of lines that the contender logged. */
  stop: () => Promise<number>;
}

/**
 * Starts a contender and resolves when it responds.
 * @throws Error with the output of a process that does not start
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
