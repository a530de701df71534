// Makes sure that the ports of a formation are free before anything of it starts.
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { Plan } from "./plan";
import { describeHolder } from "./port-holder";

/**
 * Tries the port of each instance and of the router, and holds it until all are tried: of formations that try the same ports at the same moment one succeeds.
 * @throws Error that names each port that is taken, who has it, and the cure.
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
  const held: Server[] = [];
  const problems: string[] = [];
  for (const { name, port, cure } of claims) {
    const server = await tryPort(port);
    if (server) held.push(server);
    else
      problems.push(`port ${port} of ${name} is taken${describeHolder(port)}: stop it, or ${cure}`);
  }
  await Promise.all(held.map(close));
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** Whether nobody listens on the port. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = await tryPort(port);
  if (server) await close(server);
  return server !== undefined;
}

/** Not every system refuses all addresses to one process when another has a single one. */
async function tryPort(port: number): Promise<Server | undefined> {
  const local = await tryBind({ port, host: "127.0.0.1" });
  if (local) await close(local);
  return local && tryBind({ port });
}

/** Only that the address is taken says something about others; what else there is, the process itself will say better. */
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
