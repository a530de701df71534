// Experiment: thousands of connections are open and idle when the service is told to end.
import { residentMb } from "../bench/process-usage";
import { type Ends, holdConnections } from "./idle-clients";
import type { Options } from "./options";
import { exitColumns, type Finding } from "./report";
import { SUBJECT } from "./restart";
import { SHUTDOWN_TIMEOUT_MS, startServer } from "./server-process";

const BYTES_PER_MB = 1_000_000;

/** Measures how long the service takes to end, and its memory; half of the connections are never used. */
export async function idle({ node, connections }: Options): Promise<Finding> {
  const server = await startServer([node, SUBJECT], {
    DRAIN_DELAY_MS: "0",
    SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT_MS),
  });
  const beforeMb = residentMb(server.pid);
  const holders = await holdConnections(server.port, connections);
  const openMb = residentMb(server.pid);
  const drained = server.nextLine(/"rssBytes":(\d+)/);
  const [exit, ends, [, rssBytes]] = await Promise.all([
    server.terminate(),
    holders.ended,
    drained,
  ]);
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

function missedBy(exit: { status: string; tookMs: number }, ends: Ends): string[] {
  const missed: string[] = [];
  if (exit.status !== "0") missed.push("not exit 0");
  if (exit.tookMs > SHUTDOWN_TIMEOUT_MS) missed.push("not gone by the deadline");
  if (ends.reset > 0) missed.push("reset an idle connection");
  return missed;
}
