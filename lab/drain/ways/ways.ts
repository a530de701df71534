// The ways to serve one port with several processes.
import { MissingProgram } from "../../recipes/missing";
import { router } from "./formation";
import { haproxy, nginx } from "./proxies";
import type { Way } from "./way";
import { hup, sockets } from "./workers";

/** The ways by their names in `--way`. */
export const ways: Readonly<Record<string, Way>> = { router, nginx, haproxy, hup, sockets };

/**
 * Runs the named ways, or all if none is named.
 * @returns The ways that were skipped because a program is not installed.
 */
export async function tryWays(
  asked: readonly string[],
  attempt: (name: string, way: Way) => Promise<void>,
): Promise<string[]> {
  const untried: string[] = [];
  for (const [name, way] of Object.entries(ways)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    try {
      await attempt(name, way);
    } catch (err) {
      if (!(err instanceof MissingProgram)) throw err;
      untried.push(`${name}: ${err.message}`);
    }
  }
  return untried;
}
