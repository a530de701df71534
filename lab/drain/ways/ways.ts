// The ways to serve one port with several processes.
import { Missing } from "../../recipes/missing";
import { router } from "./formation";
import { haproxy, nginx } from "./proxies";
import type { Way } from "./way";
import { hup, sockets } from "./workers";

/** By the names that `--way` takes. */
export const ways: Readonly<Record<string, Way>> = { router, nginx, haproxy, hup, sockets };

/**
 * Tries the ways that are asked for, all when none is.
 * @returns What could not be tried, as a program is not installed.
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
      if (!(err instanceof Missing)) throw err;
      untried.push(`${name}: ${err.message}`);
    }
  }
  return untried;
}
