// Experiment: the built service of this checkout is started, loaded and stopped many times.
import { join } from "node:path";
import { ownEnvironment } from "berth-dev/contract";
import { connect, startServer } from "port-contract/harness";
import type { Finding } from "../experiments/run";
import { type Account, account, total } from "./account";
import { startClients } from "./clients";
import { acceptedBy, type Exit, terminate } from "./exit";
import type { Options } from "./options";
import { accountColumns, exitColumns } from "./report";

const SERVICE = join(__dirname, "../../dist/server.js");
const CLIENTS = 10;

interface Cycle extends Account {
  exit: Exit;
  isPortHeld: boolean;
}

/** Counts the cycles that leave or lose something. The requests need no backing service. */
export async function soak({ node, cycles }: Options): Promise<Finding> {
  const done: Cycle[] = [];
  while (done.length < cycles) done.push(await cycle(node));
  const sum = total(done);
  const exits = done.map(({ exit }) => exit);
  const orphans = exits.filter(({ hasOrphan }) => hasOrphan).length;
  const held = done.filter(({ isPortHeld }) => isPortHeld).length;
  const missed: string[] = [];
  if (orphans > 0) missed.push("left an orphan process");
  if (held > 0) missed.push("kept its port open");
  if (sum.lost + sum.incomplete > 0) missed.push("lost requests in flight");
  if (exits.some(({ status }) => status !== "0")) missed.push("exit code not 0");
  const row = { ...accountColumns(sum), orphans: `${orphans}`, "ports held": `${held}` };
  return { rows: [{ ...row, ...exitColumns(exits) }], missed };
}

async function cycle(node: string): Promise<Cycle> {
  const server = await startServer([node, SERVICE], { isolated: true, env: ownEnvironment() });
  const clients = startClients(server.port, "/livez", CLIENTS);
  await clients.warm;
  const exit = await terminate(server);
  const results = await clients.stop();
  clients.close();
  return { ...account(results, acceptedBy(server)), exit, isPortHeld: await accepts(server.port) };
}

async function accepts(port: number): Promise<boolean> {
  const connection = await connect({ host: "127.0.0.1", port }).catch(() => undefined);
  connection?.close();
  return connection !== undefined;
}
