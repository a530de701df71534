// The command line of the fuzzer.
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Options {
  /** A running service; by default one is started, with a database of its own. */
  url: string | undefined;
  /** How many valid inputs each route gets, and as many invalid ones. */
  runs: number;
  seed: number;
  /** Only routes whose name, as `PUT /notes/{id}`, holds this. */
  only: string;
  timeoutMs: number;
  /** For routes of a running service that need one. */
  token: string | undefined;
  help: boolean;
}

export const HELP = `Sends valid and invalid input to every route that is described, and says where an answer is not as described; exits 1 then.

npm run fuzz -- [options] [URL]
  URL           a service that runs on this machine, such as http://localhost:5000: it is WRITTEN to and DELETED from.
                By default one is started with a database of its own in memory, a development issuer of tokens, and the
                examples of src/config.ts for what must be set: it knows neither your .env nor your environment
  --runs N      how many valid inputs a route gets, and as many invalid ones (200)
  --seed N      repeats a run (by chance)
  --path TEXT   only routes whose name, as "PUT /orders/{id}", holds this
  --timeout N   how long an answer may take, in seconds (10)
  --token TOKEN for the routes of a running service that need one
  --help        print this
`;

/** @throws Error naming the option, what was expected and what came. */
export function parseOptions(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "200" },
      seed: { type: "string", default: String(randomInt(1, 2 ** 31 - 1)) },
      path: { type: "string", default: "" },
      timeout: { type: "string", default: "10" },
      token: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [url, second] = positionals;
  if (second !== undefined) throw new Error(`expected one URL, got ${second}, too`);
  return {
    url: url === undefined ? undefined : parseUrl(url),
    runs: parseNumber("--runs", values.runs, 1_000_000),
    seed: parseNumber("--seed", values.seed, 2 ** 31 - 1),
    only: values.path,
    timeoutMs: parseNumber("--timeout", values.timeout, 600) * 1000,
    token: values.token,
    help: values.help,
  };
}

/** Whoever mistypes must not write to somebody else's service. */
function parseUrl(text: string): string {
  const { protocol, hostname, href } = URL.canParse(text) ? new URL(text) : ({} as Partial<URL>);
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname ?? "");
  if (protocol === "http:" && isHere) return href!.replace(/\/$/, "");
  throw new Error(
    `expected the URL of a service on this machine, such as http://localhost:5000, got ${text}`,
  );
}

function parseNumber(option: string, text: string, max: number): number {
  if (/^[1-9]\d{0,9}$/.test(text) && Number(text) <= max) return Number(text);
  throw new Error(
    `${option}: expected a whole number from 1 to ${max}, got ${JSON.stringify(text)}`,
  );
}
