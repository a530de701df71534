// Maps requests to process types: by host name, or all to one.

const HOST_OPTION = /^([A-Za-z0-9.-]+)=([A-Za-z0-9_-]+)$/;
const DEFAULT_TYPE = "web";

/** The process type of each host name in lower case, or the only one. */
export type Routes = ReadonlyMap<string, string> | string;

/**
 * Parses `NAME=TYPE` pairs. Without any, all requests go to `web`, or to the only type that is started.
 * @param counts The number of instances of each type.
 * @throws Error when a pair is invalid, or its type is unknown or not started.
 */
export function planRoutes(pairs: readonly string[], counts: ReadonlyMap<string, number>): Routes {
  const routes = pairs.length > 0 ? parsePairs(pairs, counts) : chooseType(counts);
  const idle = typesOf(routes).find((type) => !counts.get(type));
  if (idle !== undefined)
    throw new Error(`--router routes to ${idle}, but -m starts no instance of it: raise its count`);
  return routes;
}

/** Returns each process type that requests are routed to, once. */
export const typesOf = (routes: Routes): string[] =>
  typeof routes === "string" ? [routes] : [...new Set(routes.values())];

function parsePairs(pairs: readonly string[], counts: ReadonlyMap<string, number>) {
  const routes = new Map<string, string>();
  for (const pair of pairs) {
    const [, name, type] = HOST_OPTION.exec(pair) ?? [];
    if (name === undefined || type === undefined)
      throw new Error(`--host takes NAME=TYPE, such as app.localhost=web, not "${pair}"`);
    const host = name.toLowerCase();
    if (routes.has(host)) throw new Error(`--host names ${host} twice: remove one`);
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
    `--router routes to web, which is not in the Procfile: add --host localhost=TYPE, one of ${listOf(counts)}`,
  );
}

const listOf = (counts: ReadonlyMap<string, number>): string => [...counts.keys()].join(", ");
