// The command line of the experiments with the rate limit and idempotency keys.
import { parseWholeNumber } from "port-contract/args";
import { parseExperiments } from "../experiments/run";

/** The experiments to run, and their sizes. */
export interface Options {
  /** The names of the experiments; empty for all. */
  experiments: readonly string[];
  /** `rate`: the limit. */
  perMinute: number;
  /** `keys`: the number of keys. */
  keys: number;
  /** The Node binary that runs the service. */
  node: string;
  help: boolean;
}

export const HELP = `Tests the limits of the built service of this checkout. Exits with 1 if a target is missed.

npm run limits -- [options] [EXPERIMENT …]
  rate  three instances share a rate limit in Redis: with forged addresses, with and without nginx in front, and with
        Redis killed or frozen under load
  keys  notes are posted with idempotency keys, each concurrently to two instances, one of which is killed and restarted

  --per-minute N  rate: the limit (default 100)
  --keys N        keys: the number of keys (default 1000)
  --node PATH     the Node binary that runs the service (default: this one)
  --help          print this

redis-server and nginx must be installed for rate. PostgreSQL is Debian's if it is installed, otherwise the embedded one.
`;

const COUNT = { min: 1, max: 99_999 };

/** @throws UsageError when an experiment or option is unknown, or a value is invalid */
export function parseOptions(argv: readonly string[], known: readonly string[]): Options {
  const { values, experiments } = parseExperiments(argv, known, {
    "per-minute": { type: "string", default: "100" },
    keys: { type: "string", default: "1000" },
  });
  return {
    experiments,
    perMinute: parseWholeNumber("--per-minute", values["per-minute"], COUNT),
    keys: parseWholeNumber("--keys", values.keys, COUNT),
    node: values.node,
    help: values.help,
  };
}
