// Experiment: a service is told to end under load, again and again, without a drain delay and with one.
import { Agent } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Account, account, total } from "./account";
import { startClients } from "./clients";
import { exchange } from "./exchange";
import type { Options } from "./options";
import { exitColumns, type Finding, accountColumns } from "./report";
import { type Exit, SHUTDOWN_TIMEOUT_MS, startServer } from "./server-process";

/** The server of experiments that need slow and endless responses. */
export const SUBJECT = join(__dirname, "subject.js");

const CLIENTS = 40;
/** How long clients go on after SIGTERM, in milliseconds: until a router has been told. */
const TRAFFIC_AFTER_MS = 300;
/** Five whose headers are unsent at SIGTERM, two whose headers are gone, and two that never end by themselves. */
const IN_FLIGHT = [...Array<string>(5).fill("/slow"), "/stream", "/stream", "/events", "/events"];

interface Run extends Account {
  exit: Exit;
  /** From SIGTERM to the last answer of the traffic, in milliseconds. */
  trafficMs: number;
}

/** Counts what clients lose, for each drain delay. */
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
      // On a busy machine the clients may end later than asked: then a delay is no longer longer than the traffic.
      "traffic to ms": Math.max(...runs.map(({ trafficMs }) => trafficMs)).toFixed(0),
    });
    if (sum.lost + sum.incomplete > 0) missed.push(`delay ${delayMs}: lost what was in flight`);
    if (exits.some(({ status }) => status !== "0")) missed.push(`delay ${delayMs}: not exit 0`);
    const inTime = total(runs.filter(({ trafficMs }) => trafficMs < delayMs));
    if (inTime.resets + inTime.refusals > 0)
      missed.push(`delay ${delayMs}: clients were turned away before the delay was over`);
  }
  return { rows, missed };
}

async function restartOnce(node: string, delayMs: number): Promise<Run> {
  const server = await startServer([node, SUBJECT], {
    DRAIN_DELAY_MS: String(delayMs),
    SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT_MS),
  });
  const clients = startClients(server.port, "/fast", CLIENTS);
  await clients.warm;
  const agent = new Agent({ keepAlive: true });
  const inFlight = IN_FLIGHT.map((path) => exchange(server.port, { agent, path }));
  for (const { request } of inFlight) request.end();
  await Promise.all(inFlight.map(({ begun }) => begun));

  const termAtMs = performance.now();
  const exited = server.terminate();
  await sleep(TRAFFIC_AFTER_MS);
  const answers = await clients.stop();
  const trafficMs = (answers.at(-1)?.endedAtMs ?? termAtMs) - termAtMs;
  const exit = await exited;
  answers.push(...(await Promise.all(inFlight.map(({ answer }) => answer))));
  clients.close();
  agent.destroy();
  const accepted = new Set([...server.accepted, ...inFlight.map(({ id }) => id)]);
  return { ...account(answers, accepted), exit, trafficMs };
}
