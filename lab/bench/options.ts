// What the command line asks for.
import { parseArgs } from "node:util";
import { berthWithout, type Contender, contenders } from "./contenders";

/** The run that is asked for. */
export interface Options {
  rounds: number;
  /** Of each round. */
  seconds: number;
  /** Beginnings of the names of what to measure; everything when empty. */
  only: readonly string[];
  contenders: readonly Contender[];
  /** The Node that runs the contenders. */
  node: string;
  /** Whether all are measured at once, instead of in turns. */
  together: boolean;
  /** Of the paced work. */
  requestsPerSecond: number;
  json: boolean;
  help: boolean;
}

export const HELP = `Measures Berth beside bare node:http, Fastify and a stock Express stack, each doing the same work.

npm run bench -- [options]
  --only NAME,…        what to measure, by the beginnings of names: json, things, orders, missing, large, ships,
                       paced, routes, connections, api, context, processes, router, client, start, reload
                       (everything)
  --contenders NAME,…  bare, fastify, express, berth (all)
  --without NAME,…     Berth once more for each name, without that trick of its fast path
  --rounds N           how often each is measured, in turns (5)
  --seconds N          how long a round takes (3)
  --together           measure all at once, on the same core, by the processor time they take: a disturbance hits
                       them all, so the ratios come out closer; say nothing of latency then
  --rate N             requests a second of the paced work (5000)
  --node PATH          the Node that runs the contenders (this one)
  --json               print the result as JSON; progress goes to standard error
  --help               print this

Set DATABASE_URL to a PostgreSQL server to measure the ships too: a database is created beside that one, and dropped.
wrk must be installed. On Linux the servers are pinned to core 0 and the load to core 1, but for processes and router, which
are about several processes: there the load takes part of what the servers could have had, and the table says how much.
`;

/** @throws Error naming the option, what was expected and what came. */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string", default: "" },
      contenders: { type: "string", default: Object.keys(contenders).join(",") },
      without: { type: "string", default: "" },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      together: { type: "boolean", default: false },
      rate: { type: "string", default: "5000" },
      node: { type: "string", default: process.execPath },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return {
    rounds: parseCount("--rounds", values.rounds),
    seconds: parseCount("--seconds", values.seconds),
    only: parseList(values.only),
    contenders: [
      ...parseList(values.contenders).map(contenderCalled),
      ...parseList(values.without).map(berthWithout),
    ],
    node: values.node,
    together: values.together,
    requestsPerSecond: parseCount("--rate", values.rate),
    json: values.json,
    help: values.help,
  };
}

const parseList = (value: string): string[] => value.split(",").filter(Boolean);

function parseCount(option: string, value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new Error(`${option}: expected a whole number above 0, got ${JSON.stringify(value)}`);
}

function contenderCalled(name: string): Contender {
  const contender = contenders[name];
  if (contender) return contender;
  const known = Object.keys(contenders).join(", ");
  throw new Error(`--contenders: expected names among ${known}, got ${JSON.stringify(name)}`);
}
