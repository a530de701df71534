// The command line of the Procfile runner.
import { parseArgs } from "node:util";
import { parsePort } from "./ports";

/** Node's, which debuggers try first. */
const INSPECT_PORT = 9229;

export const usage = `Usage: npm run dev -- [TYPE…] [options]
       npm run dev -- restart [TYPE…] [-p PORT]

Starts the processes of a Procfile, or of it these types and what they wait for, each on a port of its own,
and stops all when one ends. A comment such as # formation: worker=0 in the Procfile says how many there are of
a type where nothing else does. Lines named preflight and release run first, in this order and to their ends;
they have no port and no count.
Each process gets its PORT, the first ports of all as NAME_PORT, and FORMATION_ID, which names this folder.
A line that names another's port, as $DB_PORT, waits until that one accepts connections, preflight and
release, too. When .env changes, all start anew but those that others wait for.

  -f FILE              the Procfile (default: Procfile)
  -m web=2,worker=0    how many of each to start, all=N for those not named (default: 1, or as above)
  -p PORT              first port (default: PORT in the .env file, else in the environment, else 5000)
  --env FILE           variables for the processes (default: .env beside the Procfile, if there)
  --restart            start anew what ends, after 0.1 to 5 s, instead of stopping all; not what runs first
  --router PORT        also forward this port to the ready ones of web in turn, else of the only type there is
  --host NAME=TYPE     with --router, and repeatable: forward only these host names, each to a type of its own
  --inspect[=PORT]     debug what reloads: web.1 on PORT (default: 9229), each further process one higher
  --help               show this

restart, in a second terminal, has the formation of this folder (the one with -p, when there are several) restart its
processes of these types, else all but those that others wait for: one after the other, each once the one before is up,
which is when its port accepts connections and /readyz, if there is one, says 200. It ends with 1 when one is not.`;

export interface Options {
  procfile: string;
  /** As written: `web=2,worker=0`. */
  formation: string | undefined;
  /** The process types to start, with what they wait for; none: as the Procfile says. */
  types: string[];
  port: number | undefined;
  envFile: string | undefined;
  /** The first process' port for debuggers. */
  inspect: number | undefined;
  /** The public port, and which host names go where, as written: `app.localhost=web`. */
  router: { port: number; hosts: string[] } | undefined;
  /** Starts anew what ends. */
  keepsRunning: boolean;
  /** The process types of the command `restart`, if it was given. */
  restart: string[] | undefined;
  help: boolean;
}

/** -f is in `npm run dev` already. */
const COMMAND_OPTIONS = ["f", "p", "help"];

/**
 * Reads the arguments that follow the script's name.
 * @throws Error with the usage when there is an option that it does not know.
 */
export function readOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  const command = parseCommand(positionals);
  const misplaced = Object.keys(values).find((name) => !COMMAND_OPTIONS.includes(name));
  if (command && misplaced !== undefined)
    throw new Error(`the command restart takes only -p, not ${dashed(misplaced)}`);
  const { f, m, p, env, inspect, router, host, restart, help } = values;
  return {
    procfile: f ?? "Procfile",
    formation: m,
    types: command ? [] : positionals,
    port: p === undefined ? undefined : parsePort(p, "-p"),
    envFile: env,
    inspect: inspect === undefined ? undefined : parsePort(inspect, "--inspect"),
    router: readRouter(router, host),
    keepsRunning: restart ?? false,
    restart: command,
    help: help ?? false,
  };
}

function readRouter(port: string | undefined, hosts: string[] = []): Options["router"] {
  if (port !== undefined) return { port: parsePort(port, "--router"), hosts };
  if (hosts.length > 0) throw new Error("--host is for a router: add --router PORT");
  return undefined;
}

const parseCommand = ([command, ...types]: string[]): string[] | undefined =>
  command === "restart" ? types : undefined;

const dashed = (option: string): string => (option.length > 1 ? `--${option}` : `-${option}`);

function parse(args: string[]) {
  const option = (short: string) => ({ type: "string", short }) as const;
  const options = {
    f: option("f"),
    m: option("m"),
    p: option("p"),
    env: { type: "string" },
    inspect: { type: "string" },
    router: { type: "string" },
    host: { type: "string", multiple: true },
    restart: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    // As Node's own flag it may come without a value, which parseArgs does not know.
    const given = args.map((arg) => (arg === "--inspect" ? `--inspect=${INSPECT_PORT}` : arg));
    return parseArgs({ args: given, options, allowPositionals: true });
  } catch (err) {
    throw new Error(`${(err as Error).message}\n\n${usage}`, { cause: err });
  }
}
