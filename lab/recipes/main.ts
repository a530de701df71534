// Tests the recipes of docs/deploy.md, and compose.yaml, that are named on the command line, one after the other.
import { parseCommandLine, parseOneOf } from "port-contract/args";
import { reapOnExit } from "port-contract/harness";
import { tryCompose } from "./compose";
import { tryKubernetes } from "./kubernetes";
import { type Prove, prover } from "./prove";
import { trySystemd } from "./systemd";
import { tryRouter } from "./through-a-router";

const HELP = `Tests the recipes of docs/deploy.md, and compose.yaml. Exits with 1 if one fails or a program that it needs is missing.

npm run recipes -- [RECIPE …]
  nginx       docs/deploy/nginx.conf in front of three instances
  haproxy     docs/deploy/haproxy.cfg in front of three instances
  systemd     docs/deploy/berth.socket and berth@.service; as root also under a separate systemd
  kubernetes  docs/deploy/kubernetes.yaml, against the published schemas, which are installed on first use
  compose     compose.yaml, against the published schema, likewise; and on Docker, where it runs

Default: all. Everything listens on free loopback ports, and is removed afterwards.
  --help      print this
`;

const recipes: Record<string, (prove: Prove) => Promise<void>> = {
  nginx: (prove) => tryRouter({ name: "nginx", drainDelayMs: 0 }, prove),
  haproxy: (prove) => tryRouter({ name: "haproxy", drainDelayMs: 3000 }, prove),
  systemd: trySystemd,
  kubernetes: tryKubernetes,
  compose: tryCompose,
};

/** The recipes to test; undefined for --help. @throws UsageError when a recipe or option is unknown */
function parseRecipes(argv: readonly string[]): readonly string[] | undefined {
  const known = Object.keys(recipes);
  const { values, positionals } = parseCommandLine(argv, { help: { type: "boolean" } });
  if (values.help) return undefined;
  const names = positionals.map((name) => parseOneOf("RECIPE", name, known));
  return names.length > 0 ? names : known;
}

async function main(): Promise<number> {
  const names = parseRecipes(process.argv.slice(2));
  if (!names) {
    process.stdout.write(HELP);
    return 0;
  }
  reapOnExit();
  // Debian's daemons are in sbin, which is not on every user's path.
  process.env.PATH += ":/usr/sbin";
  let wrong = 0;
  for (const name of names) {
    const proofs = prover(name);
    try {
      await recipes[name]?.(proofs.prove);
    } catch (err) {
      // An error that prevents the test is a failure, too.
      proofs.say("WRONG", "", (err as Error).message);
      wrong++;
    }
    wrong += proofs.wrong();
  }
  return wrong > 0 ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (err: unknown) => {
    process.stderr.write(`recipes: ${(err as Error).message}\n`);
    process.exit(1);
  },
);
