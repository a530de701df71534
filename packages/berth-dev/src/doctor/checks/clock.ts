// This machine's clock, compared with the one of a database elsewhere.
import type { Finding } from "../check";
import type { Context } from "../context";
import type { ClockReading } from "../database";

/** NTP keeps clocks closer than this, in milliseconds. */
const ALLOWED_MS = 2000;

export async function checkClock(context: Context): Promise<Finding[]> {
  const state = await context.database();
  // The embedded one has this machine's clock.
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
      message: `this machine's clock is ${Math.round(offMs / 1000)} s ${direction} the database's: tokens, sessions and leases of jobs expire at the wrong time`,
      cure: "sudo timedatectl set-ntp true; in WSL: sudo hwclock -s",
    },
  ];
}
