// `npm run contract:systems`: checks Berth and real systems against the port contract.
import { execFileSync } from "node:child_process";
import { createQueue } from "port-contract";
import { parseCommandLine, parseOneOf, UsageError } from "port-contract/args";
import { readSection, replaceSection } from "../contract/documentation";
import { type System, systems } from "./systems";
import { withTrials } from "./table";
import { trySystem } from "./try-system";

const names = systems.map(({ name }) => name);

const HELP = `Checks Berth and real systems against the port contract, and writes the results into packages/port-contract/clauses.md.

npm run contract:systems -- [options] [SYSTEM …]
  SYSTEM     ${names.join(", ")} (default: all)
  --install  first install the Debian packages of these systems, as root
  --help     print this
`;

// Most of the time is spent waiting for idle connections, but the JVM and the Erlang VM need CPU time.
const CONCURRENCY = 2;

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseCommandLine(argv, {
    install: { type: "boolean" },
    help: { type: "boolean" },
  });
  if (values.help) return void process.stdout.write(HELP);
  const asked = positionals.map((name) => parseOneOf("SYSTEM", name, names));
  const chosen = systems.filter(({ name }) => asked.length === 0 || asked.includes(name));
  if (values.install) install(chosen);
  const enqueue = createQueue(CONCURRENCY);
  const trials = chosen.map((system) =>
    enqueue(async () => {
      const trial = await trySystem(system);
      console.log(`${system.name}: ${trial.version}`);
      return trial;
    }),
  );
  replaceSection("systems", withTrials(readSection("systems"), await Promise.all(trials)));
}

/** Installs the systems' Debian packages as root, without starting their daemons. */
function install(chosen: readonly System[]): void {
  const packages = [...new Set(chosen.flatMap((system) => system.packages))];
  const options = ["install", "--yes", "--no-install-recommends", ...packages];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  execFileSync("apt-get", options, { stdio: "inherit", env });
}

main(process.argv.slice(2)).catch((err: unknown) => {
  console.error(err instanceof UsageError ? err.message : err);
  process.exitCode = 1;
});
