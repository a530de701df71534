// Experiment: the upstream restarts under load on the same port, by SIGTERM; as the control, by SIGKILL.
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "port-contract/ports";
import { type Run, startServer } from "port-contract/harness";
import { terminate } from "../drain/exit";
import { createJournal } from "../drain/load/journal";
import type { Finding } from "../experiments/run";
import { SERVICE, serviceEnvironment } from "../drain/ways/way";
import { type CallerPlan, type Called, repeated, startCallers } from "./callers";
import type { Options } from "./options";
import { count, slowest } from "./observations";
import { startSubject } from "./subject";

/** The time between two restarts, in milliseconds. */
const BETWEEN_MS = 1000;
const CALL_LIMIT_MS = 8000;

type End = (run: Run) => Promise<unknown>;
const WAYS: readonly [string, End][] = [
  ["SIGTERM", terminate],
  ["SIGKILL", (run) => run.reap()],
];

/** Of ten callers, six GET and two POST through the client; two GET without it, as the control. */
const plansOf = (callers: number): CallerPlan[] => [
  { path: "/pass", method: "GET", count: Math.ceil(callers * 0.6), pauseMs: 300 },
  { path: "/pass", method: "POST", count: Math.ceil(callers * 0.2), pauseMs: 300 },
  { path: "/bare", method: "GET", count: Math.ceil(callers * 0.2), pauseMs: 300 },
];

/** Counts the responses that callers get. */
export async function restarts({ node, callers, restarts: times }: Options): Promise<Finding> {
  const rows: Record<string, string>[] = [];
  const missed: string[] = [];
  for (const [way, end] of WAYS) {
    const { called, posts, restartMs } = await underLoad(node, plansOf(callers), times, end);
    for (const plan of plansOf(callers)) {
      const own = called.filter(
        (of) => of.plan.path === plan.path && of.plan.method === plan.method,
      );
      const failed = own.filter(({ status }) => status !== 200).length;
      const isPost = plan.method === "POST";
      rows.push({
        restarts: `${times} by ${way}`,
        calls: `${plan.count} × ${plan.method}${plan.path === "/bare" ? " without the client" : ""}`,
        "callers got": count(own.map(({ status }) => `${status}`)),
        failed: `${failed}`,
        "ran twice": isPost ? `${repeated(posts)}` : "",
        "ms at most": slowest(own).toFixed(0),
        "s a restart": (restartMs / times / 1000).toFixed(2),
      });
      if (plan.path === "/bare") {
        if (failed === 0)
          missed.push(`${way}: the control lost nothing, so the load proves nothing`);
      } else if (slowest(own) > CALL_LIMIT_MS)
        missed.push(`${way}: a call took over ${CALL_LIMIT_MS} ms`);
      if (plan.path === "/pass" && !isPost && failed > 0) missed.push(`${way}: GETs failed`);
    }
    if (repeated(posts) > 0) missed.push(`${way}: POSTs ran twice`);
  }
  return { rows, missed };
}

interface UnderLoad {
  called: readonly Called[];
  /** The ids of POSTs, once per execution. */
  posts: readonly string[];
  /** All restarts together, in milliseconds. */
  restartMs: number;
}

async function underLoad(
  node: string,
  plans: readonly CallerPlan[],
  times: number,
  end: End,
): Promise<UnderLoad> {
  const journal = createJournal();
  const port = String(await freePort());
  const env = { ...serviceEnvironment({ journal }), HOST: "127.0.0.1" };
  const start = () => startServer([node, SERVICE], { port, isolated: true, env });
  let upstream = await start();
  const subject = await startSubject(node, { stockUrl: `http://127.0.0.1:${port}` });
  const stop = startCallers(subject.port, plans);
  let restartMs = 0;
  for (let restart = 0; restart < times; restart++) {
    await sleep(BETWEEN_MS);
    const endedAt = performance.now();
    await end(upstream);
    upstream = await start();
    restartMs += performance.now() - endedAt;
  }
  await sleep(BETWEEN_MS);
  const called = await stop();
  await subject.end();
  await terminate(upstream);
  const isPost = new Set(called.filter((of) => of.plan.method === "POST").map(({ id }) => id));
  const posts = journal.executions().filter(({ id }) => isPost.has(id));
  journal.remove();
  return { called, posts: posts.map(({ id }) => id), restartMs };
}
