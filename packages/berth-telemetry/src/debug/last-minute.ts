// Durations of the last minute, in constant memory: counts by size, in slots of ten seconds.

/** The distribution of the durations of the last 50 to 60 seconds. Quantiles are at most a tenth too high. */
export interface Durations {
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

const SLOT_MS = 10_000;
const SLOTS = 6;
/** The smallest size, in milliseconds, and the factor from each size to the next, up to an hour. */
const SMALLEST_MS = 0.1;
const STEP = 1.1;
const SIZES = Math.ceil(Math.log(3_600_000 / SMALLEST_MS) / Math.log(STEP)) + 1;

interface Slot {
  number: number;
  counts: Uint32Array;
  maxMs: number;
}

/** @param now The clock, in milliseconds; that of `performance.now` by default. */
export function createLastMinute(now = () => performance.now()) {
  const slots: (Slot | undefined)[] = [];
  const numberNow = () => Math.floor(now() / SLOT_MS);

  return {
    add(ms: number): void {
      const number = numberNow();
      let slot = slots[number % SLOTS];
      if (slot?.number !== number) {
        slot = slots[number % SLOTS] = { number, counts: new Uint32Array(SIZES), maxMs: 0 };
      }
      const size = Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / Math.log(STEP));
      slot.counts[Math.min(size, SIZES - 1)]! += 1;
      slot.maxMs = Math.max(slot.maxMs, ms);
    },
    read(): Durations {
      const oldest = numberNow() - SLOTS;
      const recent = slots.filter((slot) => slot !== undefined && slot.number > oldest) as Slot[];
      const counts = Array.from({ length: SIZES }, (_, size) =>
        recent.reduce((sum, slot) => sum + slot.counts[size]!, 0),
      );
      const count = counts.reduce((sum, each) => sum + each, 0);
      const maxMs = Math.max(0, ...recent.map((slot) => slot.maxMs));
      const quantile = (share: number): number => {
        let left = Math.ceil(count * share);
        const size = counts.findIndex((each) => (left -= each) <= 0);
        return round(Math.min(maxMs, SMALLEST_MS * STEP ** size));
      };
      return { count, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: round(maxMs) };
    },
  };
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
