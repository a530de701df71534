// Experiment: thousands of idle connections are open at SIGTERM.
import { send, startServer } from "port-contract/harness";
import type { Finding } from "../experiments/run";
import { type Exit, SHUTDOWN_TIMEOUT_MS, terminate } from "./exit";
import { type Ends, holdConnections } from "./idle-clients";
import type { Options } from "./options";
import { exitColumns } from "./report";
import { SUBJECT } from "./restart";

const BYTES_PER_MB = 1_000_000;
const RESPONSE_LIMIT_MS = 5000;

/** Measures how long the service takes to exit, and its memory. Half of the connections are never used. */
export async function idle({ node, connections }: Options): Promise<Finding> {
  const env = { DRAIN_DELAY_MS: "0", SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT_MS) };
  const server = await startServer([node, SUBJECT], { isolated: true, env });
  const beforeMb = await memoryOf(server.port);
  const holders = await holdConnections(server.port, connections);
  const openMb = await memoryOf(server.port);
  const [exit, ends] = await Promise.all([terminate(server), holders.ended]);
  const [, rssBytes] = /"rssBytes":(\d+)/.exec(server.output.text()) ?? [];
  const row = {
    connections: `${connections}`,
    "MB before": beforeMb.toFixed(0),
    "MB with them": openMb.toFixed(0),
    "MB drained": (Number(rssBytes) / BYTES_PER_MB).toFixed(0),
    "ended by FIN": `${ends.fin}`,
    "by reset": `${ends.reset}`,
    ...exitColumns([exit]),
  };
  return { rows: [row], missed: missedBy(exit, ends) };
}

/** The resident memory that the service reports, in MB. */
async function memoryOf(port: number): Promise<number> {
  const { body } = await send({ host: "127.0.0.1", port }, { path: "/memory" }, RESPONSE_LIMIT_MS);
  return Number(body) / BYTES_PER_MB;
}

function missedBy(exit: Exit, ends: Ends): string[] {
  const missed: string[] = [];
  if (exit.status !== "0") missed.push("exit code not 0");
  if (exit.tookMs > SHUTDOWN_TIMEOUT_MS) missed.push("still running at the shutdown timeout");
  if (ends.reset > 0) missed.push("reset an idle connection");
  return missed;
}
