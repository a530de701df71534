// One way to serve, under load, while something is done to it.
import { until } from "port-contract/harness";
import { createJournal, type Execution, type Journal } from "./load/journal";
import { type Became, startLoad } from "./load/load";
import { SERVICE, type Serving, type Way } from "./ways/way";

/** What is to be seen of a way under load. */
export interface Observed<T> {
  became: Became;
  ran: Execution[];
  /** What doing it has come to. */
  done: T;
}

const WARM_REQUESTS = 500;
const WARM_LIMIT_MS = 20_000;

/** Starts the way and its load, does something to it once requests are served, and stops both. */
export async function underLoad<T>(
  way: Way,
  node: string,
  act: (serving: Serving, journal: Journal) => Promise<T>,
): Promise<Observed<T>> {
  const journal = createJournal();
  try {
    const serving = await way.start({ node, service: SERVICE, journal });
    const stopLoad = startLoad(serving.port);
    // Whether each process has had one of them is up to who hands them out.
    const isWarm = () => journal.executions().length >= WARM_REQUESTS;
    if (!(await until(isWarm, WARM_LIMIT_MS, 100)))
      throw new Error(`${way.title}: nothing is served`);
    const done = await act(serving, journal);
    const became = await stopLoad();
    await serving.stop();
    return { became, ran: journal.executions(), done };
  } finally {
    journal.remove();
  }
}
