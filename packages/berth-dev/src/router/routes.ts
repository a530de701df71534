// Decides which process type each request goes to: by its host name, or all to one.

const PAIR = /^([A-Za-z0-9.-]+)=([A-Za-z0-9_-]+)$/;
const DEFAULT_TYPE = "web";

/** The process type that each host name leads to, in lower case, or the one that all lead to. */
export type Routes = ReadonlyMap<string, string> | string;

/**
 * Reads `NAME=TYPE` pairs; without any all goes to `web`, else to the only type that is started.
 * @param counts How many instances there are of each type.
 * @throws Error when one is no pair, or leads to a type that there is not, or there is nothing to lead to.
 */
export function planRoutes(pairs: readonly string[], counts: ReadonlyMap<string, number>): Routes {
  const routes = pairs.length > 0 ? parsePairs(pairs, counts) : chooseType(counts);
  const idle = typesOf(routes).find((type) => !counts.get(type));
  if (idle !== undefined)
    throw new Error(`--router leads to ${idle}, of which -m starts none: raise its count`);
  return routes;
}

/** Returns each process type that requests go to, once. */
export const typesOf = (routes: Routes): string[] =>
  typeof routes === "string" ? [routes] : [...new Set(routes.values())];

function parsePairs(pairs: readonly string[], counts: ReadonlyMap<string, number>) {
  const routes = new Map<string, string>();
  for (const pair of pairs) {
    const [, name, type] = PAIR.exec(pair) ?? [];
    if (name === undefined || type === undefined)
      throw new Error(`--host takes NAME=TYPE, as app.localhost=web, not "${pair}"`);
    const host = name.toLowerCase();
    if (routes.has(host)) throw new Error(`--host has ${host} twice: leave one out`);
    if (!counts.has(type))
      throw new Error(`--host names "${type}", but the Procfile has only ${listOf(counts)}`);
    routes.set(host, type);
  }
  return routes;
}

function chooseType(counts: ReadonlyMap<string, number>): string {
  if (counts.has(DEFAULT_TYPE)) return DEFAULT_TYPE;
  const started = [...counts].filter(([, count]) => count > 0).map(([type]) => type);
  if (started.length === 1 && started[0] !== undefined) return started[0];
  throw new Error(
    `--router leads to web, which the Procfile has not: add --host localhost=TYPE, one of ${listOf(counts)}`,
  );
}

const listOf = (counts: ReadonlyMap<string, number>): string => [...counts.keys()].join(", ");
