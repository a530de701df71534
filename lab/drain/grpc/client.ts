// Runs Debian's python3-grpcio as the client: gRPC's C core, which shares no code with the server.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { MissingProgram } from "../../recipes/missing";

/** Counts by outcome: `OK`, or the status of a failed call. */
export type Counts = Readonly<Record<string, number>>;

/** The outcomes of the calls. */
export interface Became {
  get: Counts;
  create: Counts;
  list: Counts;
  /** The statuses that health watches received, and how they ended. */
  health: Counts;
}

/** The Python that has Debian's packages. */
export const PYTHON = "/usr/bin/python3";

/** @throws MissingProgram when the package is not installed */
export function requireClient(python: string): void {
  if (spawnSync(python, ["-c", "import grpc"]).status !== 0)
    throw new MissingProgram("gRPC for Python", "python3-grpcio");
}

/**
 * Starts the client. The returned function lets each call finish, and resolves to the outcomes of all calls.
 * @param channels The number of connections to each port.
 */
export function startClient(ports: readonly number[], channels: number): () => Promise<Became> {
  const args = [join(__dirname, "client.py"), String(channels), ...ports.map(String)];
  const child = spawn(PYTHON, args, { stdio: ["pipe", "pipe", "inherit"] });
  const printed = text(child.stdout);
  const exited = once(child, "exit");
  return async () => {
    child.stdin.end();
    const [code] = (await exited) as [number | null];
    if (code !== 0) throw new Error(`the gRPC client failed with ${code}`);
    return JSON.parse(await printed) as Became;
  };
}
