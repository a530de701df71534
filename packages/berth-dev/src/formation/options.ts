// The command line of the Procfile runner.
import { parseCommandLine, parsePort, UsageError } from "port-contract/args";

/** Node's default port. */
const INSPECT_PORT = 9229;

export const usage = `Usage: npm run dev -- [TYPE…] [options]
       npm run dev -- restart [TYPE…] [-p PORT]

Starts the processes of a Procfile, each on its own port, and stops all of them when one exits. With TYPE, starts
only these process types and those that they wait for. A comment such as # formation: worker=0 in the Procfile sets
the default count of a type. Lines named preflight and release run first, in this order and to completion; they
have no port and no count.
Each process gets its PORT, the first port of every type as NAME_PORT, and FORMATION_ID, which identifies this folder.
A line that mentions another type's port, such as $DB_PORT, waits until that port accepts connections; this holds for
preflight and release too. A change of .env restarts every process except those that others wait for.

  -f FILE              the Procfile (default: Procfile)
  -m web=2,worker=0    how many instances of each type to start, all=N for the others (default: 1, or as above)
  -p PORT              first port (default: PORT in the .env file, else in the environment, else 5000)
  --env FILE           variables for the processes (default: .env beside the Procfile, if it exists)
  --restart            restart a process that exits, after 0.1 to 5 s, instead of stopping all; not preflight, release
  --router PORT        also start a router on this port, in front of the ready instances of web, or of the only type
  --host NAME=TYPE     with --router: forward only requests for this host name, to this type; can be repeated
  --inspect[=PORT]     debug reloaded programs: web.1 on PORT (default: 9229), each further process one higher
  --help               show this

restart, in a second terminal, restarts the processes of this folder's formation (choose one with -p if several run):
those of the given types, or all except those that others wait for. It is a rolling restart: one process after the
other, each once the one before accepts connections and its /readyz, if it has one, responds 200. It exits with 1 if
one does not come up.`;

export interface Options {
  procfile: string;
  /** As written: `web=2,worker=0`. */
  formation: string | undefined;
  /** The process types to start, with those that they wait for. Empty: as the Procfile says. */
  types: string[];
  port: number | undefined;
  envFile: string | undefined;
  /** The debugger's port for the first process. */
  inspect: number | undefined;
  /** The public port, and the routes by host name, as written: `app.localhost=web`. */
  router: { port: number; hosts: string[] } | undefined;
  /** Whether processes that exit are restarted. */
  keepsRunning: boolean;
  /** The process types of the command `restart`, if it is given. */
  restart: string[] | undefined;
  help: boolean;
}

/** The options that `restart` accepts: -f too, since the script of `npm run dev` passes it. */
const RESTART_OPTIONS = ["f", "p", "help"];

/**
 * Reads the arguments that follow the script's name.
 * @throws UsageError
 */
export function readOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  const command = parseCommand(positionals);
  const misplaced = Object.keys(values).find((name) => !RESTART_OPTIONS.includes(name));
  if (command && misplaced !== undefined)
    throw new UsageError(`the command restart takes only -p, not ${dashed(misplaced)}`);
  const { f, m, p, env, inspect, router, host, restart, help } = values;
  return {
    procfile: f ?? "Procfile",
    formation: m,
    types: command ? [] : positionals,
    port: p === undefined ? undefined : parsePort("-p", p),
    envFile: env,
    inspect: inspect === undefined ? undefined : parsePort("--inspect", inspect),
    router: readRouter(router, host),
    keepsRunning: restart ?? false,
    restart: command,
    help: help ?? false,
  };
}

function readRouter(port: string | undefined, hosts: string[] = []): Options["router"] {
  if (port !== undefined) return { port: parsePort("--router", port), hosts };
  if (hosts.length > 0) throw new UsageError("--host needs a router: add --router PORT");
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
  // Its value is optional, as in Node itself, which parseArgs does not support.
  const given = args.map((arg) => (arg === "--inspect" ? `--inspect=${INSPECT_PORT}` : arg));
  return parseCommandLine(given, options, { usage });
}
