// npm run contract:systems [-- --install]: tries the kit on real systems and writes the table into docs/port-contract.md.
import { execFileSync } from "node:child_process";
import { replaceSection } from "../documentation";
import { createQueue } from "../queue";
import { systems } from "./systems";
import { renderTrials } from "./table";
import { trySystem } from "./try-system";

// Most of the time goes by waiting for idle connections, yet a JVM and an Erlang VM want their processors.
const atATime = 2;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--install")) install();
  const enqueue = createQueue(atATime);
  const trials = systems.map((system) =>
    enqueue(async () => {
      const trial = await trySystem(system);
      console.log(`${system.name}: ${trial.version}`);
      return trial;
    }),
  );
  replaceSection("systems", renderTrials(await Promise.all(trials)));
}

/** Installs what the systems need on Debian, as root, without starting any of it as a daemon. */
function install(): void {
  const packages = [...new Set(systems.flatMap((system) => system.packages))];
  const options = ["install", "--yes", "--no-install-recommends", ...packages];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  execFileSync("apt-get", options, { stdio: "inherit", env });
}

void main(process.argv.slice(2));
