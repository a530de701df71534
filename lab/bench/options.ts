// The command line of the benchmark.
import { parseCommandLine, parseList, parseWholeNumber } from "port-contract/args";
import {
  berthOf,
  berthWithout,
  type Contender,
  contenders,
  DEFAULT_CONTENDERS,
} from "./contenders";

/** The options of a run. */
export interface Options {
  rounds: number;
  /** The duration of each round. */
  seconds: number;
  /** Prefixes of the workloads to measure; empty for all. */
  only: readonly string[];
  contenders: readonly Contender[];
  /** The Node that runs the contenders. */
  node: string;
  /** Whether all contenders are measured concurrently instead of in turns. */
  together: boolean;
  /** The rate of the paced workload. */
  requestsPerSecond: number;
  json: boolean;
  help: boolean;
}

export const HELP = `Compares Berth with bare node:http, Fastify and stock Express, all doing the same work.

npm run bench -- [options]
  --only NAME,…        workloads, by prefix: json, things, orders, missing, large, ships,
                       paced, routes, connections, api, context, processes, router, client, start, reload
                       (default: all)
  --contenders NAME,…  bare, fastify, express, berth (default: these), and Berth with metrics, traces
  --without NAME,…     also measure Berth without these optimizations, one at a time
  --checkout FOLDER    also measure Berth of another checkout, installed and compiled
  --rounds N           number of rounds (default 5)
  --seconds N          duration of a round (default 3)
  --together           measure all contenders concurrently on the same core, by CPU time: a disturbance affects all of
                       them, so the ratios vary less; the latencies are meaningless
  --rate N             requests per second of the paced workload (default 5000)
  --node PATH          the Node binary that runs the contenders (default: this one)
  --json               print the result as JSON; progress goes to stderr
  --help               print this

Set DATABASE_URL to a PostgreSQL server to measure ships: the benchmark creates its own database there, and drops it.
wrk must be installed. On Linux the servers are pinned to core 0 and the load generator to core 1, except for processes
and router, which use all cores together; the table shows the load generator's share.
`;

const COUNT = { min: 1, max: 9_999_999 };

/** @throws UsageError when an option is unknown or its value is invalid */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseCommandLine(
    argv,
    {
      only: { type: "string" },
      contenders: { type: "string", default: DEFAULT_CONTENDERS.join(",") },
      without: { type: "string" },
      checkout: { type: "string" },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      together: { type: "boolean", default: false },
      rate: { type: "string", default: "5000" },
      node: { type: "string", default: process.execPath },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
    { allowPositionals: false },
  );
  return {
    rounds: parseWholeNumber("--rounds", values.rounds, COUNT),
    seconds: parseWholeNumber("--seconds", values.seconds, COUNT),
    only: parseList("--only", values.only),
    contenders: [
      ...parseList("--contenders", values.contenders, Object.keys(contenders)).flatMap(
        (name) => contenders[name] ?? [],
      ),
      ...parseList("--without", values.without).map(berthWithout),
      ...(values.checkout === undefined ? [] : [berthOf(values.checkout)]),
    ],
    node: values.node,
    together: values.together,
    requestsPerSecond: parseWholeNumber("--rate", values.rate, COUNT),
    json: values.json,
    help: values.help,
  };
}
