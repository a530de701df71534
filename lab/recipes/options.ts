// The command line of the recipes.
import { parseArgs } from "node:util";

export const HELP = `Tests the recipes of docs/deploy.md. Exits with 1 if one fails or a program that it needs is missing.

npm run recipes -- [RECIPE …]
  nginx       docs/deploy/nginx.conf in front of three instances
  haproxy     docs/deploy/haproxy.cfg in front of three instances
  systemd     docs/deploy/berth.socket and berth@.service; as root also under a separate systemd
  kubernetes  docs/deploy/kubernetes.yaml, against the published schemas, which are installed on first use

Default: all. Everything listens on free loopback ports, and is removed afterwards.
  --help      print this
`;

/** The names of recipes, or undefined for help. */
export function parseOptions(
  argv: readonly string[],
  known: readonly string[],
): readonly string[] | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { help: { type: "boolean", default: false } },
  });
  if (values.help) return undefined;
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`expected recipes among ${known.join(", ")}; got ${JSON.stringify(unknown)}`);
  return positionals.length > 0 ? positionals : known;
}
