// What the command line asks for.
import { parseArgs } from "node:util";

export const HELP = `Tries the recipes of docs/deploy.md for real; exits 1 when one is wrong, or cannot be tried for want of a program.

npm run recipes -- [RECIPE …]
  nginx       docs/deploy/nginx.conf in front of three instances
  haproxy     docs/deploy/haproxy.cfg in front of three instances
  systemd     docs/deploy/berth.socket and berth@.service; as root also under a systemd of their own
  kubernetes  docs/deploy/kubernetes.yaml, by the types that Kubernetes publishes; installs them on first use

All of them when none is named. Everything listens on loopback, on free ports, and is gone in the end.
  --help      print this
`;

/** What is asked for: names of recipes, or undefined for help. */
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
