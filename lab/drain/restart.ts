// Experiment: a service is stopped under load repeatedly, without and with a drain delay.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type Request, startServer } from "port-contract/harness";
import type { Finding } from "../experiments/run";
import { type Account, account, total } from "./account";
import { startClients } from "./clients";
import { exchange } from "./exchange";
import { acceptedBy, type Exit, SHUTDOWN_TIMEOUT_MS, terminate } from "./exit";
import type { Options } from "./options";
import { accountColumns, exitColumns } from "./report";

/** The server, which has slow and endless responses. */
export const SUBJECT = join(__dirname, "subject.js");

const CLIENTS = 40;
/** How long clients keep sending after SIGTERM, in milliseconds: until a router would have noticed. */
const TRAFFIC_AFTER_MS = 300;
const BODY = "sent in two halves";
const UPLOAD = {
  method: "POST",
  path: "/upload",
  headers: { "Content-Length": String(BODY.length), Expect: "100-continue" },
};
/**
 * Five whose response headers are unsent at SIGTERM, two whose headers are sent, two that never end by themselves, and
 * three uploads that are incomplete.
 */
const IN_FLIGHT: readonly Request[] = [
  ...["/slow", "/slow", "/slow", "/slow", "/slow"].map((path) => ({ path })),
  ...["/stream", "/stream", "/events", "/events"].map((path) => ({ path })),
  ...[UPLOAD, UPLOAD, UPLOAD],
];

interface Run extends Account {
  exit: Exit;
  /** From SIGTERM to the last response of the clients, in milliseconds. */
  trafficMs: number;
}

/** Counts what clients lose with each drain delay. */
export async function restart(options: Options): Promise<Finding> {
  const rows: Record<string, string>[] = [];
  const missed: string[] = [];
  for (const delayMs of options.delaysMs) {
    const runs: Run[] = [];
    while (runs.length < options.runs) runs.push(await restartOnce(options.node, delayMs));
    const sum = total(runs);
    const exits = runs.map(({ exit }) => exit);
    rows.push({
      "delay ms": `${delayMs}`,
      ...accountColumns(sum),
      ...exitColumns(exits),
      // On a busy machine the clients may stop late, so the delay may turn out shorter than the traffic.
      "traffic to ms": Math.max(...runs.map(({ trafficMs }) => trafficMs)).toFixed(0),
    });
    if (sum.lost + sum.incomplete > 0) missed.push(`delay ${delayMs}: lost requests in flight`);
    if (exits.some(({ status }) => status !== "0"))
      missed.push(`delay ${delayMs}: exit code not 0`);
    const inTime = total(runs.filter(({ trafficMs }) => trafficMs < delayMs));
    if (inTime.resets + inTime.refusals > 0)
      missed.push(`delay ${delayMs}: connections were refused before the delay was over`);
  }
  return { rows, missed };
}

async function restartOnce(node: string, delayMs: number): Promise<Run> {
  const env = {
    DRAIN_DELAY_MS: String(delayMs),
    SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT_MS),
  };
  const server = await startServer([node, SUBJECT], { isolated: true, env });
  const clients = startClients(server.port, "/fast", CLIENTS);
  await clients.warm;
  const inFlight = await Promise.all(IN_FLIGHT.map((request) => begin(server.port, request)));

  const termAtMs = performance.now();
  const exited = terminate(server);
  await sleep(TRAFFIC_AFTER_MS);
  for (const { finish } of inFlight) finish();
  const results = await clients.stop();
  const trafficMs = (results.at(-1)?.endedAtMs ?? termAtMs) - termAtMs;
  const exit = await exited;
  results.push(...(await Promise.all(inFlight.map(({ result }) => result))));
  clients.close();
  for (const { connection } of inFlight) connection.close();
  const accepted = new Set([...acceptedBy(server), ...inFlight.map(({ id }) => id)]);
  return { ...account(results, accepted), exit, trafficMs };
}

/** Sends a request on a new connection, after 100 Continue half of its body, and waits until it is handled. */
async function begin(port: number, request: Request) {
  const sent = exchange(await connect({ host: "127.0.0.1", port }), request);
  await sent.begun;
  const { socket } = sent.connection;
  if (request !== UPLOAD) return { ...sent, finish: () => undefined };
  socket.write(BODY.slice(0, BODY.length / 2));
  return { ...sent, finish: () => socket.write(BODY.slice(BODY.length / 2)) };
}
