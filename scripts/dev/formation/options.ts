// The command line of the Procfile runner.
import { parseArgs } from "node:util";
import { parsePort } from "./ports";

/** Node's, which debuggers try first. */
const INSPECT_PORT = 9229;

export const usage = `Usage: npm run dev -- [options]

Starts the processes of a Procfile, each on a port of its own, and stops all when one ends. Lines named
preflight and release run first, in this order and to their ends; they have no port and no count.
Each process gets its PORT, the first ports of all as NAME_PORT, and FORMATION_ID, which names this folder.
A line that names another's port, as $DB_PORT, waits until that one accepts connections, preflight and
release, too. When .env changes, all start anew but those that others wait for.

  -f FILE              the Procfile (default: Procfile)
  -m web=2,worker=0    how many of each to start, all=N for those not named (default: all=1)
  -p PORT              first port (default: PORT in the .env file, else in the environment, else 5000)
  --env FILE           variables for the processes (default: .env beside the Procfile, if there)
  --inspect[=PORT]     debug what reloads: web.1 on PORT (default: 9229), each further process one higher
  --help               show this`;

export interface Options {
  procfile: string;
  /** As written: `web=2,worker=0`. */
  formation: string;
  port: number | undefined;
  envFile: string | undefined;
  /** The first process' port for debuggers. */
  inspect: number | undefined;
  help: boolean;
}

/**
 * Reads the arguments that follow the script's name.
 * @throws Error with the usage when there is an option that it does not know.
 */
export function readOptions(args: string[]): Options {
  const { f, m, p, env, inspect, help } = parse(args);
  return {
    procfile: f ?? "Procfile",
    formation: m ?? "all=1",
    port: p === undefined ? undefined : parsePort(p, "-p"),
    envFile: env,
    inspect: inspect === undefined ? undefined : parsePort(inspect, "--inspect"),
    help: help ?? false,
  };
}

function parse(args: string[]) {
  const option = (short: string) => ({ type: "string", short }) as const;
  const options = {
    f: option("f"),
    m: option("m"),
    p: option("p"),
    env: { type: "string" },
    inspect: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    // As Node's own flag it may come without a value, which parseArgs does not know.
    const given = args.map((arg) => (arg === "--inspect" ? `--inspect=${INSPECT_PORT}` : arg));
    return parseArgs({ args: given, options }).values;
  } catch (err) {
    throw new Error(`${(err as Error).message}\n\n${usage}`, { cause: err });
  }
}
