// Experiment: Berth itself is started, loaded and told to end, many times over.
import { once } from "node:events";
import { Agent } from "node:http";
import { createConnection } from "node:net";
import { join } from "node:path";
import { type Account, account, total } from "./account";
import { startClients } from "./clients";
import { exchange } from "./exchange";
import type { Options } from "./options";
import { accountColumns, exitColumns, type Finding } from "./report";
import { type Exit, startServer } from "./server-process";

const BERTH = join(__dirname, "../../../dist/server.js");
/** Berth starts without its database, and none of these requests needs it. */
const NO_DATABASE = "postgres://nobody@127.0.0.1:1/none";
const CLIENTS = 10;
const UPLOADS = 3;
const BODY = JSON.stringify({ sent: "in two halves" });

interface Cycle extends Account {
  exit: Exit;
  isPortHeld: boolean;
}

/** Counts cycles that leave something behind, or lose something. */
export async function soak({ node, cycles }: Options): Promise<Finding> {
  const done: Cycle[] = [];
  while (done.length < cycles) done.push(await cycle(node));
  const sum = total(done);
  const exits = done.map(({ exit }) => exit);
  const orphans = exits.filter(({ hasOrphan }) => hasOrphan).length;
  const held = done.filter(({ isPortHeld }) => isPortHeld).length;
  const missed: string[] = [];
  if (orphans > 0) missed.push("left an orphan");
  if (held > 0) missed.push("held its port");
  if (sum.lost + sum.incomplete > 0) missed.push("lost what was in flight");
  if (exits.some(({ status }) => status !== "0")) missed.push("not exit 0");
  const row = { ...accountColumns(sum), orphans: `${orphans}`, "ports held": `${held}` };
  return { rows: [{ ...row, ...exitColumns(exits) }], missed };
}

async function cycle(node: string): Promise<Cycle> {
  const server = await startServer([node, BERTH], { DATABASE_URL: NO_DATABASE });
  const clients = startClients(server.port, "/", CLIENTS);
  await clients.warm;
  const agent = new Agent({ keepAlive: true });
  const uploads = Array.from({ length: UPLOADS }, () => beginUpload(server.port, agent));
  await Promise.all(uploads.map(({ begun }) => begun));

  const draining = server.nextLine(/SIGTERM received/);
  const exited = server.terminate();
  await draining;
  for (const { request } of uploads) request.end(BODY.slice(BODY.length / 2));
  const uploaded = await Promise.all(uploads.map(({ answer }) => answer));
  const answers = [...(await clients.stop()), ...uploaded];
  const exit = await exited;
  clients.close();
  agent.destroy();
  const accepted = new Set([...server.accepted, ...uploads.map(({ id }) => id)]);
  return { ...account(answers, accepted), exit, isPortHeld: await accepts(server.port) };
}

/** Sends half a body once the server has asked for it. */
function beginUpload(port: number, agent: Agent) {
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": String(BODY.length),
    Expect: "100-continue",
  };
  const upload = exchange(port, { agent, path: "/", method: "POST", headers });
  upload.request.once("continue", () => upload.request.write(BODY.slice(0, BODY.length / 2)));
  upload.request.flushHeaders();
  return upload;
}

async function accepts(port: number): Promise<boolean> {
  const socket = createConnection(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
