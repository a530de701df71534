// Runs an action on a way of serving under load.
import { until } from "port-contract/harness";
import { createJournal, type Execution, type Journal } from "./load/journal";
import { type Became, startLoad } from "./load/load";
import { SERVICE, type RunningWay, type Way } from "./ways/way";

/** The observations of a way under load. */
export interface Observed<T> {
  became: Became;
  ran: Execution[];
  /** The result of the action. */
  done: T;
}

const WARM_REQUESTS = 500;
const WARM_LIMIT_MS = 20_000;

/** Starts the way and its load, runs the action once requests succeed, and stops both. */
export async function underLoad<T>(
  way: Way,
  node: string,
  act: (serving: RunningWay, journal: Journal) => Promise<T>,
): Promise<Observed<T>> {
  const journal = createJournal();
  try {
    const serving = await way.start({ node, service: SERVICE, journal });
    const stopLoad = startLoad(serving.port);
    // Not necessarily by each process: that depends on how connections are distributed.
    const isWarm = () => journal.executions().length >= WARM_REQUESTS;
    if (!(await until(isWarm, WARM_LIMIT_MS, 100)))
      throw new Error(`${way.title}: no request succeeds`);
    const done = await act(serving, journal);
    const became = await stopLoad();
    await serving.stop();
    return { became, ran: journal.executions(), done };
  } finally {
    journal.remove();
  }
}
