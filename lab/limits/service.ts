// The built service of this checkout, as several instances that share what they are attached to.
import { join } from "node:path";
import { type Run, startRun, startServer } from "port-contract/harness";

const DIST = join(__dirname, "../../dist");

/** What every process finds in its environment; nothing else is there. */
export type Environment = Readonly<Record<string, string>>;

/** Migrates its database. @throws Error with what it has printed when that fails */
export async function release(node: string, env: Environment): Promise<void> {
  const run = startRun([node, join(DIST, "migrate.js")], { isolated: true, env });
  const { code } = await run.exited;
  await run.reap();
  if (code !== 0) throw new Error(`the release fails; it says:\n${run.output.text()}`);
}

/** Starts one instance, on a port that it had before or a free one. */
export const startInstance = (node: string, env: Environment, port?: number): Promise<Run> =>
  startServer([node, join(DIST, "server.js")], {
    isolated: true,
    env: { HOST: "127.0.0.1", ...env },
    ...(port && { port: String(port) }),
  });

/** Starts so many instances at once. */
export const startInstances = (node: string, env: Environment, count: number): Promise<Run[]> =>
  Promise.all(Array.from({ length: count }, () => startInstance(node, env)));

/** Where an instance is. */
export const urlOf = ({ port }: { port: number }): string => `http://127.0.0.1:${port}`;
