// What the command line asks for.
import { parseArgs } from "node:util";

/** The experiments that are asked for, and how large they are. */
export interface Options {
  /** Their names; all when empty. */
  experiments: readonly string[];
  /** Of `table`, the faults whose names hold one of these; all when empty. */
  only: readonly string[];
  /** Of `table`, how many call at once. */
  calls: number;
  /** Of `table`, how many faults are tried at a time. */
  jobs: number;
  /** Of `restarts`. */
  callers: number;
  /** Of `restarts`, each way. */
  restarts: number;
  /** The Node that runs the services. */
  node: string;
  help: boolean;
}

export const HELP = `Shows what callers get when a service that Berth's client calls misbehaves; exits 1 when a target is missed.

npm run faults -- [options] [EXPERIMENT …]
  table       one fault after the other: the answer, its time, the log, what is left open, the recovery
  deadlines   what callers say of the time that they have
  neighbours  who else is touched while one service is slow
  races       idle connections that end just as they are used, and a service that comes and goes
  restarts    the service that is called restarts under load; as the controls, it is killed, and called without the client

  --only NAME,…  of table: faults whose names hold one of these (all)
  --calls N      of table: how many call at once (100)
  --jobs N       of table: how many faults at a time (4)
  --callers N    of restarts (200)
  --restarts N   of restarts, each way (10)
  --node PATH    the Node that runs the services (this one)
  --help         print this
`;

/** @throws Error naming the option, what was expected and what came. */
export function parseOptions(argv: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      only: { type: "string", default: "" },
      calls: { type: "string", default: "100" },
      jobs: { type: "string", default: "4" },
      callers: { type: "string", default: "200" },
      restarts: { type: "string", default: "10" },
      node: { type: "string", default: process.execPath },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown) throw new Error(`expected experiments among ${known.join(", ")}, got ${unknown}`);
  return {
    experiments: positionals,
    only: values.only.split(",").filter(Boolean),
    calls: parseNumber("--calls", values.calls),
    jobs: parseNumber("--jobs", values.jobs),
    callers: parseNumber("--callers", values.callers),
    restarts: parseNumber("--restarts", values.restarts),
    node: values.node,
    help: values.help,
  };
}

function parseNumber(option: string, value: string): number {
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw new Error(`${option}: expected a whole number from 1, got ${JSON.stringify(value)}`);
}
