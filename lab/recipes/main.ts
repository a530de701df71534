// Tests the recipes of docs/deploy.md that are named on the command line, one after the other.
import { reapOnExit } from "port-contract/harness";
import { HELP, parseOptions } from "./options";
import { tryKubernetes } from "./kubernetes";
import { type Prove, prover } from "./prove";
import { trySystemd } from "./systemd";
import { tryRouter } from "./through-a-router";

const recipes: Record<string, (prove: Prove) => Promise<void>> = {
  nginx: (prove) => tryRouter({ name: "nginx", drainDelayMs: 0 }, prove),
  haproxy: (prove) => tryRouter({ name: "haproxy", drainDelayMs: 3000 }, prove),
  systemd: trySystemd,
  kubernetes: tryKubernetes,
};

async function main(): Promise<number> {
  const names = parseOptions(process.argv.slice(2), Object.keys(recipes));
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
