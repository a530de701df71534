// What Prometheus scrapes: three instances, one with two workers, feed, gRPC, and a worker for jobs; under a steady load.
import { join } from "node:path";
import { type Run, startRun, startServer } from "port-contract/harness";
import { freePort } from "port-contract/ports";
import { pino } from "pino";
import { Client } from "pg";
import { loadProtos } from "berth-grpc";
import { createClient } from "berth-grpc/testing";
import { migrate } from "berth/migrate";
import type { ExperimentOptions, Finding } from "../experiments/run";
import { startLoad } from "../limits/load";
import { startPostgres } from "../limits/postgres";
import { type Environment, release, startInstance, startInstances, urlOf } from "../limits/service";
import { readAlerts } from "./expressions";
import { type Prometheus, startPrometheus } from "./prometheus";

/** The running system. */
export interface System {
  prometheus: Prometheus;
  /** Where the notes are. */
  databaseUrl: string;
  /** The instances of web with one process each. */
  instances: readonly Run[];
  /** The instance with two workers. */
  withWorkers: Run;
}

/** What Prometheus sends. */
export const TOKEN = "0123456789abcdef";
const ROOT = join(__dirname, "../..");
const START_LIMIT_MS = 60_000;
const RPC_EVERY_MS = 100;

/** The rules that come with the template, with times that an experiment can wait for. */
const quickRules = (): string =>
  readAlerts()
    .replaceAll(/for: \w+/g, "for: 3s")
    .replaceAll(/\[(5|15)m\]/g, "[15s]");

/** Runs an experiment on a system of its own, which is removed afterwards. */
export async function withSystem(
  { node }: ExperimentOptions,
  experiment: (system: System) => Promise<Finding>,
): Promise<Finding> {
  const ends: (() => unknown)[] = [];
  const begun = async <T extends { reap: () => Promise<void> }>(starting: Promise<T>) => {
    const started = await starting;
    ends.push(started.reap);
    return started;
  };
  try {
    const { url: databaseUrl } = await begun(startPostgres());
    const common = { HOST: "127.0.0.1", METRICS_TOKEN: TOKEN };
    // Few connections, so that an outage fills the pool.
    const env = { ...common, DATABASE_URL: databaseUrl, DATABASE_POOL_SIZE: "2" };
    await release(node, env);
    const instances = await startInstances(node, env, 3);
    ends.push(...instances.map(({ reap }) => reap));
    const [workersPort, grpcPort, jobsPort] = [
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const withWorkers = await begun(
      startInstance(node, {
        ...env,
        WEB_CONCURRENCY: "2",
        METRICS_PORT: String(workersPort),
        RATE_LIMIT_PER_MINUTE: "100",
      }),
    );
    const feed = await begun(startOther("feed", { ...common, NOTES_URL: urlOf(instances[0]!) }));
    const grpc = await begun(startOther("grpc", { ...env, METRICS_PORT: String(grpcPort) }));
    await begun(startJobs((await begun(startPostgres())).url, jobsPort));

    const web = [...instances, withWorkers].map(urlOf);
    const paths = ["/notes", "/notes/1", "/readyz", "/none"];
    const load = startLoad([
      ...web.flatMap((url) => paths.map((path) => url + path)),
      `${urlOf(feed)}/notes.atom`,
    ]);
    ends.push(load.stop, callRegularly(grpc.port));
    const prometheus = await begun(
      startPrometheus(
        {
          web: instances.map(({ port }) => port),
          feed: [feed.port],
          grpc: [grpcPort],
          worker: [jobsPort],
        },
        // A scrape takes a second while a worker does not respond.
        { workers: [workersPort] },
        TOKEN,
        quickRules(),
      ),
    );
    return await experiment({ prometheus, databaseUrl, instances, withWorkers });
  } finally {
    for (const end of ends.reverse()) await end();
  }

  /** Starts another process type of the template. */
  function startOther(name: string, env: Environment): Promise<Run> {
    return startServer([node, join(ROOT, `dist/${name}.js`)], { isolated: true, env });
  }

  /** Starts the worker, on a database of its own, as its migrations are not the template's. */
  async function startJobs(url: string, metricsPort: number): Promise<Run> {
    await migrate({
      url,
      files: join(ROOT, "lab/jobs/migrations/*_create-jobs.js"),
      logger: pino({ level: "silent" }),
      startTimeoutMs: START_LIMIT_MS,
    });
    const run = startRun([node, "--require", "ts-node/register", "worker.ts"], {
      isolated: true,
      cwd: __dirname,
      env: {
        DATABASE_URL: url,
        HOST: "127.0.0.1",
        METRICS_TOKEN: TOKEN,
        METRICS_PORT: String(metricsPort),
      },
    });
    if (await run.output.shows((text) => text.includes("metrics are on port"), START_LIMIT_MS))
      return run;
    await run.reap();
    throw new Error(`the worker does not start; its output:\n${run.output.text()}`);
  }
}

/** Creates notes by gRPC. @returns A function that ends it. */
function callRegularly(port: number): () => void {
  const rpc = createClient(port, loadProtos(join(ROOT, "src/features/notes/notes.proto")));
  const call = (): void =>
    void rpc.unary("Notes.CreateNote", { title: "Anchor", body: "Down" }).catch(() => undefined);
  const timer = setInterval(call, RPC_EVERY_MS);
  return () => {
    clearInterval(timer);
    rpc.client.close();
  };
}

/** Locks the table of the notes while work goes on: each statement on it waits until its time is over. */
export async function whileLocked<T>(databaseUrl: string, work: () => Promise<T>): Promise<T> {
  const client = new Client(databaseUrl);
  await client.connect();
  try {
    await client.query("BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE");
    return await work();
  } finally {
    await client.end();
  }
}
