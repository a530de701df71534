// Counts what became of a load: what failed and how, and what ran twice.
import type { Failure } from "./failure";
import type { Execution } from "./journal";
import type { Became } from "./load";

/** How many there were, and how many of them failed in which way. */
export interface Count {
  all: number;
  failures: ReadonlyMap<Failure, number>;
}

/** What became of one load. */
export interface Tally {
  gets: Count;
  posts: Count;
  /** POSTs that ran more than once, which nobody asked for. */
  postsTwice: number;
  sockets: Count;
  streams: Count;
}

/** Counts one load by what clients saw, and by what the service noted of itself. */
export function tally({ requests, sockets, streams }: Became, ran: readonly Execution[]): Tally {
  const by = (method: string) => requests.filter((sent) => sent.method === method);
  const runs = new Map<string, number>();
  for (const { id } of ran) runs.set(id, (runs.get(id) ?? 0) + 1);
  return {
    gets: count(by("GET")),
    posts: count(by("POST")),
    postsTwice: by("POST").filter(({ id }) => (runs.get(id) ?? 0) > 1).length,
    sockets: count(sockets),
    streams: count(streams),
  };
}

/** How many failed in whatever way. */
export const failed = ({ failures }: Count): number =>
  [...failures.values()].reduce((sum, n) => sum + n, 0);

function count(all: readonly { failure?: Failure }[]): Count {
  const failures = new Map<Failure, number>();
  for (const { failure } of all)
    if (failure) failures.set(failure, (failures.get(failure) ?? 0) + 1);
  return { all: all.length, failures };
}
