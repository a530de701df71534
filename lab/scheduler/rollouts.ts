// Experiment: what clients lose while a scheduler updates, rolls back and replaces the replicas of the image.
import { freePort } from "port-contract/ports";
import { until } from "port-contract/harness";
import { describeFailures, failed } from "../drain/load/tally";
import type { Finding } from "../experiments/run";
import { startPostgres } from "../limits/postgres";
import { startRouter } from "../recipes/routers";
import { IMAGE, NEXT_IMAGE } from "./build-image";
import type { Docker } from "./docker";
import { responds } from "./image";
import { type Outcome, slowDown, startLoad } from "./load";
import { startSwarm, type Swarm } from "./swarm";

const SERVE_LIMIT_MS = 30_000;

/** Something that happens to the replicas. */
interface Rollout {
  title: string;
  /** Resolves to how it ended. */
  act: (swarm: Swarm) => Promise<string>;
  end: string;
  /** Whether processes end without a drain, so that requests fail. */
  isCrash?: boolean;
}

const ROLLOUTS: readonly Rollout[] = [
  {
    title: "a new image",
    async act(swarm) {
      await swarm.deploy(NEXT_IMAGE);
      const end = await swarm.updated();
      const others = (await swarm.healthy()).filter((replica) => replica.image !== NEXT_IMAGE);
      return others.length > 0 ? `${end}, but ${others[0]!.image} runs` : end;
    },
    end: "completed",
  },
  {
    title: "PORT=none: it does not start",
    act: (swarm) => misconfigured(swarm, "PORT=none"),
    end: "rollback_completed",
  },
  {
    title: "HOST=127.0.0.2: no probe reaches it",
    act: (swarm) => misconfigured(swarm, "HOST=127.0.0.2"),
    end: "rollback_completed",
  },
  {
    title: "one replica frozen (SIGSTOP)",
    act: (swarm) => signalled(swarm, 1, "SIGSTOP"),
    end: "replaced",
    isCrash: true,
  },
  {
    title: "all replicas killed (SIGKILL)",
    act: (swarm) => signalled(swarm, Infinity, "SIGKILL"),
    end: "replaced",
    isCrash: true,
  },
];

async function misconfigured(swarm: Swarm, variable: string): Promise<string> {
  await swarm.configure(variable);
  return swarm.updated();
}

async function signalled(swarm: Swarm, count: number, signal: NodeJS.Signals): Promise<string> {
  const ids = (await swarm.healthy()).slice(0, count).map(({ id }) => id);
  await swarm.signal(ids, signal);
  await swarm.replaced(ids);
  return "replaced";
}

/** Counts the requests that fail, and compares the notes that were sent with those in the database. */
export async function rollouts(docker: Docker): Promise<Finding> {
  const postgres = await startPostgres();
  const settings = ["--network", "host", "--env", `DATABASE_URL=${postgres.url}`];
  await docker.docker(["run", "--rm", ...settings, IMAGE, "node", "dist/migrate.js"]);
  await slowDown(postgres.url);
  const swarm = await startSwarm(docker, postgres.url);
  await swarm.deploy(IMAGE);
  await swarm.replaced([]);
  await serving(swarm.ports);
  // Started after the replicas; otherwise it would consider them down for a second.
  const router = await startRouter("haproxy", await freePort(), swarm.ports);

  const rows: Record<string, string>[] = [];
  const missed: string[] = [];
  for (const { title, act, end, isCrash } of ROLLOUTS) {
    const stop = startLoad(router.port, postgres.url);
    const startedAt = performance.now();
    const got = await act(swarm);
    await serving([...swarm.ports, router.port]);
    const tookMs = performance.now() - startedAt;
    const sum = await stop();
    rows.push(row(title, got, tookMs, sum));
    if (got !== end) missed.push(`${title}: ${got} instead of ${end}`);
    missed.push(...missedBy(sum, isCrash).map((what) => `${title}: ${what}`));
  }
  await router.reap();
  await postgres.reap();
  return { rows, missed };
}

/** Resolves once `/readyz` of each port responds 200. @throws Error if one does not */
async function serving(ports: readonly number[]): Promise<void> {
  for (const port of ports)
    if (!(await until(() => responds(port), SERVE_LIMIT_MS)))
      throw new Error(`port ${port} is not ready`);
}

function missedBy(sum: Outcome, isCrash = false): string[] {
  const lost = failed(sum.gets) + failed(sum.posts);
  return [
    ...(!isCrash && lost > 0 ? [`${lost} requests failed`] : []),
    ...(isCrash && lost === 0 ? ["no request failed, so the load proves nothing"] : []),
    ...(sum.postsLost > 0 ? [`${sum.postsLost} notes are not in the database`] : []),
    ...(sum.postsTwice > 0 ? [`${sum.postsTwice} notes are there twice`] : []),
  ];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

const row = (title: string, end: string, tookMs: number, sum: Outcome) => ({
  rollout: title,
  ends: end,
  s: seconds(tookMs),
  GETs: `${sum.gets.all}`,
  "GETs failed": describeFailures(sum.gets),
  POSTs: `${sum.posts.all}`,
  "POSTs failed": describeFailures(sum.posts),
  "failing for s": seconds(sum.failingMs),
  "notes lost": `${sum.postsLost}`,
  "notes twice": `${sum.postsTwice}`,
});
