// Debian's python3-grpcio as the client: gRPC's C core, which shares no code with what serves here.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Missing } from "../../recipes/missing";

/** How often each thing happened: `OK`, or the status of a call that failed. */
export type Counts = Readonly<Record<string, number>>;

/** What became of the calls. */
export interface Became {
  get: Counts;
  create: Counts;
  list: Counts;
  /** The statuses that watchers of health were told, and how they were told to go. */
  health: Counts;
}

/** The Python that Debian's packages are for. */
export const PYTHON = "/usr/bin/python3";

/** @throws Missing when the package is not installed. */
export function requireClient(python: string): void {
  if (spawnSync(python, ["-c", "import grpc"]).status !== 0)
    throw new Missing("gRPC for Python", "python3-grpcio");
}

/**
 * Starts it; the returned function lets each call come to its end, and resolves with what became of all.
 * @param channels How many connections it has to each port.
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
