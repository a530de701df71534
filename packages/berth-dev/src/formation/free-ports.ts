// Checks that the ports of a formation are free before anything starts, and finds the process that has a port.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { listenersOf } from "port-contract/ports";
import type { Plan } from "./plan";

/**
 * Binds the port of each instance and of the router, and holds all of them until the last one is tried: of several formations that
 * start at once on the same ports, only one continues.
 * @throws Error that names each port in use, the process that has it, and the cure.
 */
export async function requireFreePorts({ instances, router }: Plan): Promise<void> {
  const claims = instances.map(({ name, env }) => ({
    name,
    port: Number(env.PORT),
    cure: "choose other ports with -p",
  }));
  if (router)
    claims.push({
      name: "the router",
      port: router.port,
      cure: "choose another one with --router",
    });
  const servers: Server[] = [];
  const problems: string[] = [];
  for (const { name, port, cure } of claims) {
    const server = await tryPort(port);
    if (server) servers.push(server);
    else
      problems.push(
        `port ${port} of ${name} is in use${describeHolder(port)}: stop it, or ${cure}`,
      );
  }
  await Promise.all(servers.map(close));
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** Whether nothing listens on the port. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = await tryPort(port);
  if (server) await close(server);
  return server !== undefined;
}

/** Tries 127.0.0.1 first: some systems let one process bind all addresses while another has a single one. */
async function tryPort(port: number): Promise<Server | undefined> {
  const local = await tryBind({ port, host: "127.0.0.1" });
  if (local) await close(local);
  return local && tryBind({ port });
}

/** Ignores every error except EADDRINUSE: the process itself reports it better. */
async function tryBind(address: { port: number; host?: string }): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(address);
    await once(server, "listening");
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
  }
  return server;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

const MAX_COMMAND_LENGTH = 80;

/** Returns a suffix for a message: ` by process PID (COMMAND in DIRECTORY)`, or `""` if unknown, as for other users' processes. */
export function describeHolder(port: number): string {
  const pids = ps("-A", "-o", "pid=").split("\n").map(Number);
  const holder = listenersOf(pids).find((listener) => listener.port === port);
  if (holder === undefined) return "";
  const command = ps("-o", "args=", "-p", String(holder.pid)).trim().slice(0, MAX_COMMAND_LENGTH);
  return ` by process ${holder.pid} (${command}${describeDirectory(holder.pid)})`;
}

/** Returns `""` without ps, which small images do not have. */
function ps(...args: string[]): string {
  try {
    return execFileSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}

/** Linux only. */
function describeDirectory(pid: number): string {
  try {
    return ` in ${readlinkSync(`/proc/${pid}/cwd`)}`;
  } catch {
    return "";
  }
}
