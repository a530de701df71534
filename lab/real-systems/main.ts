// npm run contract:systems [-- --install] [-- NAME…]: checks Berth and real systems, all or the named ones, against the
// port contract, and writes the results into packages/port-contract/clauses.md.
import { execFileSync } from "node:child_process";
import { createQueue } from "port-contract";
import { readSection, replaceSection } from "../contract/documentation";
import { type System, systems } from "./systems";
import { withTrials } from "./table";
import { trySystem } from "./try-system";

// Most of the time is spent waiting for idle connections, but the JVM and the Erlang VM need CPU time.
const atATime = 2;

async function main(args: readonly string[]): Promise<void> {
  const names = args.filter((arg) => !arg.startsWith("--"));
  const asked = systems.filter(({ name }) => names.length === 0 || names.includes(name));
  if (args.includes("--install")) install(asked);
  const enqueue = createQueue(atATime);
  const trials = asked.map((system) =>
    enqueue(async () => {
      const trial = await trySystem(system);
      console.log(`${system.name}: ${trial.version}`);
      return trial;
    }),
  );
  replaceSection("systems", withTrials(readSection("systems"), await Promise.all(trials)));
}

/** Installs the systems' Debian packages as root, without starting their daemons. */
function install(asked: readonly System[]): void {
  const packages = [...new Set(asked.flatMap((system) => system.packages))];
  const options = ["install", "--yes", "--no-install-recommends", ...packages];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  execFileSync("apt-get", options, { stdio: "inherit", env });
}

void main(process.argv.slice(2));
