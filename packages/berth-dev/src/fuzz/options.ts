// The options of the fuzzer, as a library and as a command.
import { randomInt } from "node:crypto";
import { parseCommandLine, parseWholeNumber, UsageError } from "port-contract/args";

export interface FuzzOptions {
  /** The URL of the service, which has its document at `/openapi.json`. */
  url: string;
  /** The number of valid inputs for each operation, and of invalid ones. */
  runs: number;
  seed: number;
  /** Only operations of this name or path, as `PUT /notes/{id}`; if there are none, those whose name contains it. Default: all. */
  only?: string;
  /** How long a response may take, in milliseconds. */
  timeoutMs: number;
  /** Returns a token with these scopes. Undefined if there are no tokens. */
  token?: (scopes: readonly string[]) => Promise<string>;
}

/** The command line. */
export interface Options {
  /** A running service. By default one is started, with its own database. */
  url: string | undefined;
  /** The number of valid inputs for each route, and of invalid ones. */
  runs: number;
  seed: number;
  /** Only routes of this name or path, as `PUT /notes/{id}`; if there are none, those whose name contains it. */
  only: string;
  timeoutMs: number;
  /** For the protected routes of a running service. */
  token: string | undefined;
  help: boolean;
}

export const usage = `Usage: npm run fuzz -- [options] [URL]

Sends valid and invalid input to every described route, and reports each response that is not as described. It exits
with 1 if there is one.

  URL           a service that runs on this machine, such as http://localhost:5000: it is WRITTEN to and DELETED from.
                By default one is started with its own database in memory, a development issuer of tokens, and the
                examples of src/config.ts for required variables. It sees neither your .env nor your environment
  --runs N      the number of valid inputs for each route, and of invalid ones (default: 200)
  --seed N      repeat a run with this seed (default: random)
  --path TEXT   only the route "PUT /orders/{id}", or the path "/orders/{id}"; otherwise routes that contain this
  --timeout N   how long a response may take, in seconds (default: 10)
  --token TOKEN for the protected routes of a running service
  --help        show this
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseCommandLine(args, {
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: String(randomInt(1, 2 ** 31 - 1)) },
    path: { type: "string", default: "" },
    timeout: { type: "string", default: "10" },
    token: { type: "string" },
    help: { type: "boolean", default: false },
  });
  const [url, second] = positionals;
  if (second !== undefined) throw new UsageError(`give only one URL, not also ${second}`);
  return {
    url: url === undefined ? undefined : parseLocalUrl(url),
    runs: parseWholeNumber("--runs", values.runs, { min: 1, max: 1_000_000 }),
    seed: parseWholeNumber("--seed", values.seed, { min: 1, max: 2 ** 31 - 1 }),
    only: values.path,
    timeoutMs: parseWholeNumber("--timeout", values.timeout, { min: 1, max: 600 }) * 1000,
    token: values.token,
    help: values.help,
  };
}

/** Only this machine: a mistyped URL must not write to another service. */
function parseLocalUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url?.hostname ?? "");
  if (url?.protocol === "http:" && isLocal) return url.href.replace(/\/$/, "");
  throw new UsageError(
    `URL must be that of a service on this machine, such as http://localhost:5000, not ${JSON.stringify(text)}`,
  );
}
