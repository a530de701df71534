// Experiment: rolling restarts under steady load, in each way that Berth supports; as the control, processes are killed.
import type { Finding } from "../experiments/run";
import { killEach } from "./kill";
import { describeFailures, failed, type Tally, tally } from "./load/tally";
import type { Options } from "./options";
import { underLoad } from "./under-load";
import type { Way } from "./ways/way";
import { tryWays } from "./ways/ways";

/** Counts what clients lose while all processes of a way are restarted several times, and while they are killed. */
export async function roll({ ways: asked, rolls, node }: Options): Promise<Finding> {
  const rows: Record<string, string>[] = [];
  const missed: string[] = [];
  const untried = await tryWays(asked, async (name, way) => {
    const orderly = await underLoad(way, node, (service) => timed(rolls, () => service.roll()));
    const restarted = tally(orderly.became, orderly.ran);
    rows.push(row(way, "restart", restarted, orderly.done));
    missed.push(...missedBy(way, restarted).map((what) => `${name}: ${what}`));

    // Only once: a supervisor gives up on a process that is killed repeatedly.
    const control = await underLoad(way, node, (_, journal) => timed(1, () => killEach(journal)));
    const killed = tally(control.became, control.ran);
    rows.push(row(way, "kill -9", killed, control.done));
    if (losses(killed) === 0)
      missed.push(`${name}: kill -9 lost nothing, so the load proves nothing`);
  });
  return { rows, missed: [...missed, ...untried] };
}

/** Repeats an action, and returns how long each time took, in milliseconds. */
async function timed(times: number, act: () => Promise<void>): Promise<number[]> {
  const tookMs: number[] = [];
  while (tookMs.length < times) {
    const startedAt = performance.now();
    await act();
    tookMs.push(performance.now() - startedAt);
  }
  return tookMs;
}

const losses = ({ gets, posts, sockets, streams }: Tally): number =>
  failed(gets) + failed(posts) + failed(sockets) + failed(streams);

function missedBy({ mayLosePosts }: Way, sum: Tally): string[] {
  const lost = losses(sum) - (mayLosePosts ? failed(sum.posts) : 0);
  return [
    ...(lost > 0 ? [`${lost} failed`] : []),
    ...(sum.postsTwice > 0 ? [`${sum.postsTwice} POSTs ran twice`] : []),
  ];
}

const row = (way: Way, by: string, sum: Tally, tookMs: readonly number[]) => ({
  way: way.title,
  by,
  GETs: `${sum.gets.all}`,
  "GETs failed": describeFailures(sum.gets),
  POSTs: `${sum.posts.all}`,
  "POSTs failed": describeFailures(sum.posts),
  "POSTs twice": `${sum.postsTwice}`,
  "WebSockets ended": `${sum.sockets.all}`,
  "WebSockets badly": describeFailures(sum.sockets),
  "streams ended": `${sum.streams.all}`,
  "streams badly": describeFailures(sum.streams),
  "s each": tookMs.map((ms) => (ms / 1000).toFixed(1)).join(" "),
});
