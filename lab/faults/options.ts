// The command line of the fault experiments.
import { parseList, parseWholeNumber } from "port-contract/args";
import { parseExperiments } from "../experiments/run";

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
  restarts    the upstream restarts under load; as controls, it is killed, and called without the client

  --only NAME,…  table: faults whose names contain one of these (default: all)
  --calls N      table: number of concurrent calls (default 100)
  --jobs N       table: faults tried at a time (default 4)
  --callers N    restarts: number of callers (default 200)
  --restarts N   restarts: restarts by each signal (default 10)
  --node PATH    the Node binary that runs the services (default: this one)
  --help         print this
`;

const COUNT = { min: 1, max: 9999 };

/** @throws UsageError when an experiment or option is unknown, or a value is invalid */
export function parseOptions(argv: readonly string[], known: readonly string[]): Options {
  const { values, experiments } = parseExperiments(argv, known, {
    only: { type: "string" },
    calls: { type: "string", default: "100" },
    jobs: { type: "string", default: "4" },
    callers: { type: "string", default: "200" },
    restarts: { type: "string", default: "10" },
  });
  return {
    experiments,
    only: parseList("--only", values.only),
    calls: parseWholeNumber("--calls", values.calls, COUNT),
    jobs: parseWholeNumber("--jobs", values.jobs, COUNT),
    callers: parseWholeNumber("--callers", values.callers, COUNT),
    restarts: parseWholeNumber("--restarts", values.restarts, COUNT),
    node: values.node,
    help: values.help,
  };
}
