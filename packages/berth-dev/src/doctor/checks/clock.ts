// Compares this machine's clock with that of a database elsewhere.
import type { Finding } from "../check";
import type { Context } from "../context";
import type { ClockReading } from "../database";

/** The allowed difference, in milliseconds: NTP keeps clocks closer. */
const ALLOWED_MS = 2000;

export async function checkClock(context: Context): Promise<Finding[]> {
  const state = await context.database();
  // The embedded database uses this machine's clock.
  return state && "clock" in state && !state.isEmbedded ? judgeClock(state.clock) : [];
}

/** The query may have been answered at any time between `before` and `after`. */
export function judgeClock({ before, database, after }: ClockReading): Finding[] {
  const behindMs = database - after;
  const aheadMs = before - database;
  const offMs = Math.max(behindMs, aheadMs);
  if (offMs <= ALLOWED_MS) return [];
  const direction = behindMs > 0 ? "behind" : "ahead of";
  return [
    {
      level: "warning",
      message: `this machine's clock is ${Math.round(offMs / 1000)} s ${direction} the database's: tokens, sessions and job leases expire at the wrong time`,
      cure: "sudo timedatectl set-ntp true; in WSL: sudo hwclock -s",
    },
  ];
}
