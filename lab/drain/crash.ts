// Experiment: one of the serving processes is killed under load. Only its requests in flight may be lost.
import type { Finding } from "../experiments/run";
import { type Killed, kill, serving } from "./kill";
import type { Execution, Journal } from "./load/journal";
import type { Sent } from "./load/requests";
import { failed, tally } from "./load/tally";
import type { Options } from "./options";
import { underLoad } from "./under-load";
import { tryWays } from "./ways/ways";

/** Where requests without a response were lost. */
export interface Lost {
  /** In the killed process: in a handler, or with a response that was not sent yet. */
  running: number;
  /** In transit: sent before every sender knew of the crash, and not handled. */
  unread: number;
  /** Anywhere else, which must not happen. */
  elsewhere: number;
}

/**
 * How long after the kill a request may still be sent to the process, in milliseconds: senders learn of the crash later,
 * and a small machine is slow.
 */
const TOLD_AFTER_MS = 100;

/** Kills the busiest process of each way; counts the lost requests, and measures the time until it is replaced. */
export async function crash({ ways: asked, node }: Options): Promise<Finding> {
  const rows: Record<string, string>[] = [];
  const missed: string[] = [];
  const untried = await tryWays(asked, async (name, way) => {
    const { became, ran, done } = await underLoad(way, node, (_, journal) => killBusiest(journal));
    const lost = lostWith(done, became.requests, ran);
    const { gets, posts, postsTwice, sockets, streams } = tally(became, ran);
    rows.push({
      way: way.title,
      requests: `${gets.all + posts.all}`,
      "lost while it ran them": `${lost.running}`,
      "on their way to it": `${lost.unread}`,
      elsewhere: `${lost.elsewhere}`,
      "POSTs twice": `${postsTwice}`,
      "WebSockets and streams cut": `${failed(sockets) + failed(streams)}`,
      "s to full strength": (done.replacedAfterMs / 1000).toFixed(2),
    });
    if (lost.running === 0)
      missed.push(`${name}: no request was in flight when the process was killed`);
    if (lost.elsewhere > 0) missed.push(`${name}: lost requests of other processes`);
    if (postsTwice > 0) missed.push(`${name}: POSTs ran twice`);
  });
  return { rows, missed: [...missed, ...untried] };
}

function killBusiest(journal: Journal): Promise<Killed> {
  const counts = new Map(serving(journal).map((pid) => [pid, 0]));
  for (const { pid } of journal.executions())
    if (counts.has(pid)) counts.set(pid, counts.get(pid)! + 1);
  const [busiest] = [...counts].sort(([, a], [, b]) => b - a);
  if (!busiest) throw new Error("no process serves");
  return kill(busiest[0], journal);
}

/** Counts where the requests without a response were lost. */
export function lostWith(
  { pid, atMs }: Pick<Killed, "pid" | "atMs">,
  requests: readonly Sent[],
  ran: readonly Execution[],
): Lost {
  const ranIn = new Map<string, number[]>();
  for (const of of ran) ranIn.set(of.id, [...(ranIn.get(of.id) ?? []), of.pid]);
  const lost: Lost = { running: 0, unread: 0, elsewhere: 0 };
  for (const { id, failure, sentAtMs } of requests) {
    if (!failure) continue;
    const pids = ranIn.get(id) ?? [];
    if (pids.includes(pid)) lost.running++;
    else if (pids.length === 0 && sentAtMs <= atMs + TOLD_AFTER_MS) lost.unread++;
    else lost.elsewhere++;
  }
  return lost;
}
