// What the command line asks for.
import { parseArgs } from "node:util";

/** The experiments that are asked for, and how large they are. */
export interface Options {
  /** Their names; all when empty. */
  experiments: readonly string[];
  /** Of `rate`: the limit. */
  perMinute: number;
  /** Of `keys`. */
  keys: number;
  /** The Node that runs the service. */
  node: string;
  help: boolean;
}

export const HELP = `Tries the limits of the built service of this checkout; exits 1 when a target is missed.

npm run limits -- [options] [EXPERIMENT …]
  rate  three instances count together in Redis: forged addresses, with and without nginx in front; Redis killed, and
        frozen, under load
  keys  notes are posted with keys, each twice at once to two instances, of which one is killed on the way and started anew

  --per-minute N  the limit of rate (100)
  --keys N        of keys (1000)
  --node PATH     the Node that runs the service (this one)
  --help          print this

redis-server and nginx must be installed for rate. PostgreSQL is Debian's, where it is installed, or else the embedded one.
`;

/** @throws Error naming the option, what was expected and what came. */
export function parseOptions(argv: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      "per-minute": { type: "string", default: "100" },
      keys: { type: "string", default: "1000" },
      node: { type: "string", default: process.execPath },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown) throw new Error(`expected experiments among ${known.join(", ")}, got ${unknown}`);
  return {
    experiments: positionals,
    perMinute: parseNumber("--per-minute", values["per-minute"]),
    keys: parseNumber("--keys", values.keys),
    node: values.node,
    help: values.help,
  };
}

function parseNumber(option: string, value: string): number {
  if (/^[1-9]\d{0,4}$/.test(value)) return Number(value);
  throw new Error(`${option}: expected a whole number from 1, got ${JSON.stringify(value)}`);
}
