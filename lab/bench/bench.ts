// The benchmark: measures each contender with each workload.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isInterrupted, reapOnExit } from "port-contract/harness";
import { type Calls, measureCalls } from "./calls";
import { withCollector } from "./collector";
import { contendersFor } from "./contenders";
import { isPinned, keepLoadAwake } from "./cores";
import { assertEqualWork } from "./equal-work";
import { withIssuer } from "./issuer";
import { requireWrk } from "./load";
import { measure, type Measurement } from "./measure";
import { HELP, type Options, parseOptions } from "./options";
import { callsTable, durationTable, workTable } from "./report";
import { createShipsDatabase, type ShipsDatabase } from "./ships-database";
import { type Durations, measureReload, measureStart } from "./start-up";
import { createWorkloads, type Workload } from "./workloads";

/** All measurements, by workload. */
interface Result {
  node: string;
  isPinned: boolean;
  works: Record<string, Measurement[]>;
  durations: Record<string, Durations[]>;
  calls: Calls[];
}

const START_UPS = { start: measureStart, reload: measureReload };

async function run(options: Options): Promise<void> {
  const node = execFileSync(options.node, ["--version"], { encoding: "utf8" }).trim();
  const result: Result = { node, isPinned, works: {}, durations: {}, calls: [] };
  const print = (text: string): void => {
    if (options.json) process.stderr.write(`${text}\n\n`);
    else process.stdout.write(`${text}\n\n`);
  };
  print(
    `Node ${node}, ${options.rounds} rounds of ${options.seconds} s${isPinned ? "" : ", not pinned to cores"}`,
  );
  const workloads = createWorkloads(options.requestsPerSecond).filter(({ name }) =>
    isAsked(options, name),
  );
  await withDatabase(workloads, print, async (database) => {
    for (const work of workloads) {
      const measureWork = (work: Workload) => runWork(work, options, database);
      const measurements = await (work.needsIssuer
        ? withIssuer(work, measureWork)
        : measureWork(work));
      if (measurements) print(workTable(work, measurements, options.together));
      if (measurements) result.works[work.name] = measurements;
    }
  });
  if (isAsked(options, "client")) {
    result.calls = await measureCalls(options);
    print(callsTable("client: GET /json of another service", result.calls, options.together));
  }
  for (const [name, measureDurations] of Object.entries(START_UPS)) {
    if (!isAsked(options, name)) continue;
    const durations = await measureDurations(options.contenders, options.rounds, options.node);
    result.durations[name] = durations;
    print(durationTable(name, durations));
  }
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}

const isAsked = ({ only }: Options, name: string): boolean =>
  only.length === 0 || only.some((prefix) => name.startsWith(prefix));

async function runWork(
  asked: Workload,
  options: Options,
  database: ShipsDatabase | undefined,
): Promise<Measurement[] | undefined> {
  if (asked.needsDatabase && !database) return undefined;
  const work = asked.needsDatabase
    ? { ...asked, env: { ...asked.env, BENCH_DATABASE_URL: database?.url ?? "" } }
    : asked;
  const able = contendersFor(work, options.contenders);
  // Variants of the same program do the same work.
  if (work.onAllCores) return measure(work, able, options);
  await assertEqualWork(able, work, options.node);
  const letSleep = keepLoadAwake();
  try {
    return await measure(work, able, options);
  } finally {
    await letSleep();
  }
}

/** Creates the database if a workload needs it and DATABASE_URL is set, and drops it afterwards. */
async function withDatabase(
  workloads: readonly Workload[],
  print: (text: string) => void,
  use: (database: ShipsDatabase | undefined) => Promise<void>,
): Promise<void> {
  const url = process.env.DATABASE_URL;
  const isNeeded = workloads.some(({ needsDatabase }) => needsDatabase);
  if (isNeeded && !url)
    print("Skipped: ships. Set DATABASE_URL to a PostgreSQL server to measure them.");
  const database = isNeeded && url ? await createShipsDatabase(url) : undefined;
  try {
    await use(database);
  } finally {
    await database?.drop();
  }
}

/** The competitors have their own lock file, so that the template does not depend on them. */
function installContenders(): void {
  if (existsSync(join(__dirname, "node_modules/fastify"))) return;
  execFileSync("npm", ["ci", "--prefix", __dirname], { stdio: ["ignore", 2, 2] });
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  requireWrk();
  installContenders();
  // Killing the runs makes the measurement fail, so that its cleanup drops the database.
  reapOnExit((code) => (exitCode = code));
  await withCollector(options.contenders, (contenders) => run({ ...options, contenders }));
}

let exitCode = 1;

main().catch((err: unknown) => {
  process.stderr.write(`${isInterrupted() ? "interrupted" : (err as Error).message}\n`);
  process.exit(exitCode);
});
