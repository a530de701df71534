// Counts the outcomes of a load: what failed, and what ran twice.
import type { Failure } from "./failure";
import type { Execution } from "./journal";
import type { Became } from "./load";

/** The total, and the number of failures of each kind. */
export interface Count {
  all: number;
  failures: ReadonlyMap<Failure, number>;
}

/** The outcomes of one load. */
export interface Tally {
  gets: Count;
  posts: Count;
  /** POSTs that ran more than once although they were sent once. */
  postsTwice: number;
  sockets: Count;
  streams: Count;
}

/** Counts the outcomes by what the clients saw and what the journal recorded. */
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

/** The number of failures of any kind. */
export const failed = ({ failures }: Count): number =>
  [...failures.values()].reduce((sum, n) => sum + n, 0);

/** Such as `3 (2 reset, 1 502)`. */
export function describeFailures(count: Count): string {
  const kinds = [...count.failures].map(([kind, n]) => `${n} ${kind}`);
  return `${failed(count)}${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}`;
}

function count(all: readonly { failure?: Failure }[]): Count {
  const failures = new Map<Failure, number>();
  for (const { failure } of all)
    if (failure) failures.set(failure, (failures.get(failure) ?? 0) + 1);
  return { all: all.length, failures };
}
