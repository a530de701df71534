// Starts instances of the built service of this checkout that share their backing services.
import { join } from "node:path";
import { type Run, startRun, startServer } from "port-contract/harness";

const DIST = join(__dirname, "../../dist");

/** The complete environment of every process. */
export type Environment = Readonly<Record<string, string>>;

/** Runs the migrations. @throws Error with the output when they fail */
export async function release(node: string, env: Environment): Promise<void> {
  const run = startRun([node, join(DIST, "migrate.js")], { isolated: true, env });
  const { code } = await run.exited;
  await run.reap();
  if (code !== 0) throw new Error(`the release process failed; its output:\n${run.output.text()}`);
}

/** Starts one instance, on the given port or a free one. */
export const startInstance = (node: string, env: Environment, port?: number): Promise<Run> =>
  startServer([node, join(DIST, "server.js")], {
    isolated: true,
    env: { HOST: "127.0.0.1", ...env },
    ...(port && { port: String(port) }),
  });

/** Starts this many instances concurrently. */
export const startInstances = (node: string, env: Environment, count: number): Promise<Run[]> =>
  Promise.all(Array.from({ length: count }, () => startInstance(node, env)));

/** The URL of an instance. */
export const urlOf = ({ port }: { port: number }): string => `http://127.0.0.1:${port}`;
