// What the command line asks for.
import { parseArgs } from "node:util";
import { ways } from "./ways/ways";

/** The experiments that are asked for, and how large they are. */
export interface Options {
  /** Their names; all when empty. */
  experiments: readonly string[];
  /** Of `restart`, for each delay. */
  runs: number;
  /** Of `restart`, in milliseconds. */
  delaysMs: readonly number[];
  /** Of `idle`. */
  connections: number;
  /** Of `soak`. */
  cycles: number;
  /** Of `roll` and `crash`, their names; all when empty. */
  ways: readonly string[];
  /** Of `roll` and `grpc`, for each way. */
  rolls: number;
  /** The Node that runs the servers. */
  node: string;
  help: boolean;
}

export const HELP = `Counts what clients lose when a server of Berth's is told to end; exits 1 when a target is missed.

npm run drain -- [options] [EXPERIMENT …]
  restart  40 keep-alive clients, slow and streamed responses and uploads in flight, traffic for 300 ms after SIGTERM
  idle     thousands of open, idle connections, half of them never used
  soak     start, load and end the built service of this checkout, many times over
  roll     what serves is restarted in turn under steady load of requests, WebSockets and event streams; as the
           control, it is killed instead
  crash    one of the processes that serve is killed under the same load
  grpc     gRPC servers are restarted in turn, and killed, while Debian's python3-grpcio calls them

  --runs N         runs of restart for each delay (10)
  --delays MS,…    drain delays of restart (0,500)
  --connections N  of idle (10000); the limit of open files must be above
  --cycles N       of soak (100)
  --way NAME,…     of roll and crash: ${Object.keys(ways).join(", ")} (all)
  --rolls N        of roll and grpc, for each way (3)
  --node PATH      the Node that runs the servers (this one)
  --help           print this
`;

/** @throws Error naming the option, what was expected and what came. */
export function parseOptions(argv: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "10" },
      delays: { type: "string", default: "0,500" },
      connections: { type: "string", default: "10000" },
      cycles: { type: "string", default: "100" },
      way: { type: "string", default: "" },
      rolls: { type: "string", default: "3" },
      node: { type: "string", default: process.execPath },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown) throw new Error(`expected experiments among ${known.join(", ")}, got ${unknown}`);
  return {
    experiments: positionals,
    runs: parseNumber("--runs", values.runs, 1),
    delaysMs: values.delays.split(",").map((delay) => parseNumber("--delays", delay, 0)),
    connections: parseNumber("--connections", values.connections, 1),
    cycles: parseNumber("--cycles", values.cycles, 1),
    ways: parseWays(values.way),
    rolls: parseNumber("--rolls", values.rolls, 1),
    node: values.node,
    help: values.help,
  };
}

function parseWays(value: string): string[] {
  const names = value.split(",").filter(Boolean);
  const unknown = names.find((name) => !(name in ways));
  if (unknown === undefined) return names;
  const known = Object.keys(ways).join(", ");
  throw new Error(`--way: expected names among ${known}, got ${JSON.stringify(unknown)}`);
}

function parseNumber(option: string, value: string, least: number): number {
  if (/^\d{1,5}$/.test(value) && Number(value) >= least) return Number(value);
  throw new Error(`${option}: expected a whole number from ${least}, got ${JSON.stringify(value)}`);
}
