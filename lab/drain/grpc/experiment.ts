// Experiment: gRPC servers are restarted in turn while a client calls them; as the control, they are killed.
import { join } from "node:path";
import { until } from "port-contract/harness";
import { freePort } from "port-contract/ports";
import { MissingProgram } from "../../recipes/missing";
import { killEach } from "../kill";
import { createJournal, type Execution, type Journal } from "../load/journal";
import type { Options } from "../options";
import type { Finding } from "../../experiments/run";
import { startInstances } from "../ways/instances";
import type { WayOptions } from "../ways/way";
import { hup } from "../ways/workers";
import { type Became, type Counts, PYTHON, requireClient, startClient } from "./client";

/** A way to serve gRPC. */
interface RunningWay {
  ports: readonly number[];
  roll(): Promise<void>;
  stop(): Promise<void>;
}

interface Way {
  title: string;
  /** The client's connections to each address; all calls of a connection are handled by the same worker. */
  channels: number;
  start(options: WayOptions): Promise<RunningWay>;
}

/** The service under test. */
export const SERVICE = join(__dirname, "service.js");

const ways: readonly Way[] = [
  {
    title: "2 instances, round robin",
    channels: 1,
    async start(options) {
      const ports = [await freePort(), await freePort()];
      return { ports, ...(await startInstances(ports, options, {})) };
    },
  },
  {
    title: "SIGHUP, 2 workers",
    channels: 4,
    async start(options) {
      const serving = await hup.start(options);
      return { ...serving, ports: [serving.port] };
    },
  },
];

const WARM_CALLS = 200;
const WARM_LIMIT_MS = 20_000;

/** Counts the calls that a client loses while all servers are restarted several times, and while they are killed. */
export async function grpc({ rolls, node }: Options): Promise<Finding> {
  try {
    requireClient(PYTHON);
  } catch (err) {
    if (!(err instanceof MissingProgram)) throw err;
    return { rows: [], missed: [err.message] };
  }
  const rows: Record<string, string>[] = [];
  const missed: string[] = [];
  for (const way of ways) {
    const restarted = await underCalls(way, node, async (serving) => {
      for (let done = 0; done < rolls; done++) await serving.roll();
    });
    rows.push(row(way, `restart ×${rolls}`, restarted));
    const { lost, twice } = restarted;
    if (lost > 0) missed.push(`${way.title}: ${lost} calls failed`);
    if (twice > 0) missed.push(`${way.title}: ${twice} creates ran twice`);
    // Only once: a supervisor gives up on a process that is killed repeatedly.
    const killed = await underCalls(way, node, (_serving, journal) => killEach(journal));
    rows.push(row(way, "kill -9", killed));
    if (killed.lost === 0)
      missed.push(`${way.title}: kill -9 lost nothing, so the load proves nothing`);
  }
  return { rows, missed };
}

interface Observed {
  became: Became;
  /** Calls of all kinds. */
  lost: number;
  /** Creates that ran more than once. */
  twice: number;
}

async function underCalls(
  way: Way,
  node: string,
  act: (serving: RunningWay, journal: Journal) => Promise<void>,
): Promise<Observed> {
  const journal = createJournal();
  try {
    const serving = await way.start({ node, service: SERVICE, journal });
    const stopClient = startClient(serving.ports, way.channels);
    const isWarm = () => journal.executions().length >= WARM_CALLS;
    if (!(await until(isWarm, WARM_LIMIT_MS, 100)))
      throw new Error(`${way.title}: no request succeeds`);
    await act(serving, journal);
    const became = await stopClient();
    await serving.stop();
    const { get, create, list } = became;
    const lost = [get, create, list].reduce((sum, of) => sum + failed(of), 0);
    return { became, lost, twice: ranTwice(journal.executions()) };
  } finally {
    journal.remove();
  }
}

/** The number of creates that ran more than once, on any process. */
export function ranTwice(ran: readonly Execution[]): number {
  const ids = ran.map(({ id }) => id).filter((id) => id.startsWith("create-"));
  const seen = new Set<string>();
  return new Set(ids.filter((id) => seen.has(id) || !seen.add(id))).size;
}

const all = (counts: Counts): number => Object.values(counts).reduce((sum, n) => sum + n, 0);
const failed = (counts: Counts): number => all(counts) - (counts.OK ?? 0);

const row = (way: Way, by: string, { became, twice }: Observed) => ({
  way: way.title,
  by,
  gets: `${all(became.get)}`,
  "gets failed": failures(became.get),
  creates: `${all(became.create)}`,
  "creates failed": failures(became.create),
  "creates twice": `${twice}`,
  streams: `${all(became.list)}`,
  "streams badly": failures(became.list),
  "health seen": kinds(became.health),
});

/** Such as `3 (2 UNAVAILABLE, 1 not whole)`. */
function failures({ OK: _, ...failures }: Counts): string {
  const sum = all(failures);
  return sum === 0 ? "0" : `${sum} (${kinds(failures)})`;
}

const kinds = (counts: Counts): string =>
  Object.entries(counts)
    .map(([kind, n]) => `${n} ${kind}`)
    .join(", ");
