// The command line of the recipes.
import { parseCommandLine, parseOneOf } from "port-contract/args";

export const HELP = `Tests the recipes of docs/deploy.md. Exits with 1 if one fails or a program that it needs is missing.

npm run recipes -- [RECIPE …]
  nginx       docs/deploy/nginx.conf in front of three instances
  haproxy     docs/deploy/haproxy.cfg in front of three instances
  systemd     docs/deploy/berth.socket and berth@.service; as root also under a separate systemd
  kubernetes  docs/deploy/kubernetes.yaml, against the published schemas, which are installed on first use

Default: all. Everything listens on free loopback ports, and is removed afterwards.
  --help      print this
`;

/** The recipes to test; undefined for --help. @throws UsageError when a recipe or option is unknown */
export function parseOptions(
  argv: readonly string[],
  known: readonly string[],
): readonly string[] | undefined {
  const { values, positionals } = parseCommandLine(argv, { help: { type: "boolean" } });
  if (values.help) return undefined;
  const names = positionals.map((name) => parseOneOf("RECIPE", name, known));
  return names.length > 0 ? names : known;
}
