// Experiment: each fault, and its effects on callers, the log and resources.
import { createQueue } from "port-contract";
import { until } from "port-contract/harness";
import type { Finding } from "../experiments/run";
import { ask } from "./ask";
import { FAULTS } from "./catalogue";
import { judge } from "./judge";
import type { Options } from "./options";
import { type Observations, toRow } from "./observations";
import type { FaultSetup } from "./fault-setup";
import { startSubject } from "./subject";
import { startUpstream } from "./upstream";

/** The longest time until the client tries the upstream again, in milliseconds. */
const RECOVERY_LIMIT_MS = 15_000;
/** The time until idle connections, kept for 4 s, are closed, in milliseconds. */
const IDLE_LIMIT_MS = 10_000;
const WARM_CALLS = 20;

/** Tries the selected faults. */
export async function table({ node, only, calls, jobs }: Options): Promise<Finding> {
  const faults = Object.entries(FAULTS).filter(
    ([name]) => only.length === 0 || only.some((part) => name.includes(part)),
  );
  if (faults.length === 0) return { rows: [], missed: [`no fault matches ${only.join(", ")}`] };
  const queue = createQueue(jobs);
  const found = await Promise.all(
    faults.map(([name, fault]) =>
      queue(async () => {
        const setup = await fault.setUp(node);
        try {
          const seen = await look(node, setup, calls);
          return { row: toRow(name, seen), missed: judge(name, fault, seen) };
        } finally {
          await setup.end();
        }
      }),
    ),
  );
  return { rows: found.map(({ row }) => row), missed: found.flatMap(({ missed }) => missed) };
}

async function look(node: string, setup: FaultSetup, calls: number): Promise<Observations> {
  const well = await startUpstream();
  const subject = await startSubject(node, { ...setup.targets, otherUrl: well.url });
  const call = (id: string | number, method: "GET" | "POST" = "GET") =>
    ask(subject.port, `/ask?id=${id}`, { method });
  try {
    const warmPaths = setup.begin ? ["/other", "/ask"] : ["/other"];
    for (let warm = 0; warm < WARM_CALLS; warm++)
      for (const path of warmPaths) await ask(subject.port, path);
    const before = await subject.usage();
    const sentBefore = setup.sentBytes();
    await setup.begin?.();

    const first = await call("first");
    const post = await call("post", "POST");
    const arrived = (id: string) => setup.requests().filter(({ path }) => path.endsWith(id)).length;
    const [getsArrived, postsArrived] = [arrived("=first"), arrived("=post")];
    const many = await Promise.all(Array.from({ length: calls }, (_, id) => call(id)));
    const sentBytes = setup.sentBytes() - sentBefore;

    const isQuiet = async () => (await subject.usage()).sockets <= before.sockets;
    await until(isQuiet, IDLE_LIMIT_MS, 500);
    const after = await subject.usage();

    await setup.repair?.();
    const mendedAt = performance.now();
    const isWell = async () => (await call("well")).status === 200;
    const isBack = setup.repair !== undefined && (await until(isWell, RECOVERY_LIMIT_MS));
    const recoveredAfterMs = isBack ? performance.now() - mendedAt : undefined;
    return {
      ...{ first, post, many, getsArrived, postsArrived, sentBytes, before, after },
      log: subject.log(),
      mayRecover: setup.repair !== undefined,
      recoveredAfterMs,
      otherErrors: setup.faults?.() ?? [],
    };
  } finally {
    await subject.end();
    await well.stop();
  }
}
