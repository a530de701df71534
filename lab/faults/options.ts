// The command line of the fault experiments.
import { parseArgs } from "node:util";

/** The experiments to run, and their sizes. */
export interface Options {
  /** The names of the experiments; empty for all. */
  experiments: readonly string[];
  /** `table`: faults whose names contain one of these; empty for all. */
  only: readonly string[];
  /** `table`: the number of concurrent calls. */
  calls: number;
  /** `table`: the number of faults tried at a time. */
  jobs: number;
  /** `restarts`: the number of callers. */
  callers: number;
  /** `restarts`: the number of restarts by each signal. */
  restarts: number;
  /** The Node binary that runs the services. */
  node: string;
  help: boolean;
}

export const HELP = `Shows what callers get when an upstream of Berth's client misbehaves. Exits with 1 if a target is missed.

npm run faults -- [options] [EXPERIMENT …]
  table       each fault: the response, its time, the log, what stays open, the recovery
  deadlines   deadlines that callers set
  neighbours  other routes while one upstream is slow
  races       idle connections that are closed just as they are reused, and an upstream that stops and starts
  restarts    the upstream restarts under load; as the controls, it is killed, and called without the client

  --only NAME,…  table: faults whose names contain one of these (default: all)
  --calls N      table: number of concurrent calls (default 100)
  --jobs N       table: faults tried at a time (default 4)
  --callers N    restarts: number of callers (default 200)
  --restarts N   restarts: restarts by each signal (default 10)
  --node PATH    the Node binary that runs the services (default: this one)
  --help         print this
`;

/** @throws Error when an experiment or option is unknown, or a value is invalid */
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
