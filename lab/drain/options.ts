// The command line of the drain experiments.
import { parseList, parseWholeNumber } from "port-contract/args";
import { parseExperiments } from "../experiments/run";
import { ways } from "./ways/ways";

/** The experiments to run, and their sizes. */
export interface Options {
  /** The names of the experiments; empty for all. */
  experiments: readonly string[];
  /** Runs of `restart` per delay. */
  runs: number;
  /** Drain delays of `restart`, in milliseconds. */
  delaysMs: readonly number[];
  /** Connections of `idle`. */
  connections: number;
  /** Cycles of `soak`. */
  cycles: number;
  /** Ways of `roll` and `crash`; empty for all. */
  ways: readonly string[];
  /** Restarts of `roll` and `grpc` per way. */
  rolls: number;
  /** The Node that runs the servers. */
  node: string;
  help: boolean;
}

export const HELP = `Counts the requests that clients lose when a Berth server stops. Exits with 1 if a target is missed.

npm run drain -- [options] [EXPERIMENT …]
  restart  40 keep-alive clients, slow and streamed responses and uploads in flight, traffic for 300 ms after SIGTERM
  idle     thousands of open, idle connections, half of them never used
  soak     start, load and stop the built service of this checkout, many times
  roll     all serving processes are restarted in turn under a steady load of requests, WebSockets and event streams; as
           a control, they are killed
  crash    one of the serving processes is killed under the same load
  grpc     gRPC servers are restarted in turn, and killed, while Debian's python3-grpcio calls them

  --runs N         restart: runs per delay (default 10)
  --delays MS,…    restart: drain delays (default 0,500)
  --connections N  idle: number of connections (default 10000); the limit of open files must be higher
  --cycles N       soak: number of cycles (default 100)
  --way NAME,…     roll and crash: ${Object.keys(ways).join(", ")} (default: all)
  --rolls N        roll and grpc: restarts per way (default 3)
  --node PATH      the Node binary that runs the servers (default: this one)
  --help           print this
`;

const COUNT = { min: 1, max: 99_999 };

/** @throws UsageError when an experiment or option is unknown, or a value is invalid */
export function parseOptions(argv: readonly string[], known: readonly string[]): Options {
  const { values, experiments } = parseExperiments(argv, known, {
    runs: { type: "string", default: "10" },
    delays: { type: "string", default: "0,500" },
    connections: { type: "string", default: "10000" },
    cycles: { type: "string", default: "100" },
    way: { type: "string" },
    rolls: { type: "string", default: "3" },
  });
  return {
    experiments,
    runs: parseWholeNumber("--runs", values.runs, COUNT),
    delaysMs: parseList("--delays", values.delays).map((delay) =>
      parseWholeNumber("--delays", delay, { max: 99_999 }),
    ),
    connections: parseWholeNumber("--connections", values.connections, COUNT),
    cycles: parseWholeNumber("--cycles", values.cycles, COUNT),
    ways: parseList("--way", values.way, Object.keys(ways)),
    rolls: parseWholeNumber("--rolls", values.rolls, COUNT),
    node: values.node,
    help: values.help,
  };
}
