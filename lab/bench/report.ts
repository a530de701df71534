// Formats measurements as tables.
import type { Calls } from "./calls";
import type { Contender } from "./contenders";
import type { Measurement, Round } from "./measure";
import type { Durations } from "./start-up";
import { ratio, type Spread, spread } from "./statistics";
import type { Workload } from "./workloads";

/** The contenders that are baselines, and the titles of their columns. */
const BASES = { bare: "/bare", fastify: "/Fastify", express: "/Express", berth: "/Berth" };

/** Below this share of a core, the server was not the bottleneck. */
const BUSY = 0.9;

type Row = readonly string[];

/** The table of one workload; `together` is how it was measured. */
export function workTable(
  work: Workload,
  measurements: readonly Measurement[],
  together: boolean,
): string {
  const rows = measurements.map((measurement) => [
    measurement.contender.title,
    shown(spread(perSecond(measurement)), 0),
    ...ratios(measurements, measurement, perSecond),
    shown(spread(of(measurement, "p50Ms")), 2),
    shown(spread(of(measurement, "p99Ms")), 2),
    fixed(spread(of(measurement, "cpuUs")).median, 1),
    `${fixed(measurement.idleMb, 0)} → ${fixed(measurement.loadedMb, 0)}`,
    together ? "" : remark(work, measurement),
  ]);
  const unit = together ? "req/CPU s" : "req/s";
  const head = ["", unit, ...baseTitles(measurements), "p50 ms", "p99 ms", "CPU µs", "MB", ""];
  return `${title(work)}\n${table([head, ...rows])}`;
}

/** The table of durations, such as those until the first response. */
export function durationTable(name: string, all: readonly Durations[]): string {
  const rows = all.map((durations) => [
    durations.contender.title,
    shown(spread(durations.ms), 0),
    ...ratios(all, durations, ({ ms }) => ms),
  ]);
  return `${name}\n${table([["", "ms", ...baseTitles(all)], ...rows])}`;
}

/** The table of calls to another service; `together` is how they were measured. */
export function callsTable(name: string, all: readonly Calls[], together: boolean): string {
  const [base] = all;
  const rows = all.map((calls) => [
    calls.way,
    shown(spread(calls.perSecond), 0),
    base && base !== calls ? shown(ratio(calls.perSecond, base.perSecond), 2) : "",
    together ? "" : `${fixed(spread(calls.busy).median * 100, 0)} % busy`,
  ]);
  const unit = together ? "calls/CPU s" : "calls/s";
  return `${name}\n${table([["", unit, `/${base?.way}`, ""], ...rows])}`;
}

const title = ({ name, method, path, connections, requestsPerSecond }: Workload): string =>
  `${name}: ${method} ${path}, ${connections} connections` +
  (requestsPerSecond ? `, ${requestsPerSecond} requests/s` : "");

const of = ({ rounds }: Measurement, key: keyof Round): number[] =>
  rounds.map((round) => round[key]);

const perSecond = (measurement: Measurement): number[] => of(measurement, "requestsPerSecond");

function remark(work: Workload, measurement: Measurement): string {
  if (work.onAllCores) return coresOf(measurement);
  const { requestsPerSecond } = work;
  const busy = spread(of(measurement, "busy")).median;
  return requestsPerSecond || !(busy < BUSY) ? "" : `only ${fixed(busy * 100, 0)} % busy`;
}

/** The shares of the cores, and a router's CPU time per request. */
function coresOf(measurement: Measurement): string {
  const [busy, load, frontUs] = (["busy", "loadBusy", "frontUs"] as const).map(
    (key) => spread(of(measurement, key)).median,
  ) as [number, number, number];
  const front = frontUs > 0 ? `, router ${fixed(frontUs, 1)} µs` : "";
  return `cores: ${fixed(busy, 2)}, load ${fixed(load, 2)}${front}`;
}

type Compared = { contender: Contender };

const basesAmong = (all: readonly Compared[]): string[] =>
  Object.keys(BASES)
    .filter((name) => all.some(({ contender }) => contender.name === name))
    .filter((name) => name !== "berth" || all.some(isBerthWithout));

/** With one of these contenders, Berth is a baseline, too. */
const isBerthWithout = ({ contender }: Compared): boolean => contender.name.startsWith("berth-");

function baseTitles(all: readonly Compared[]): string[] {
  const titles = basesAmong(all).map((name) => BASES[name as keyof typeof BASES]);
  return hasVariants(all) ? [...titles, "/itself"] : titles;
}

/** Compares each with the same variant of the baselines, and with its own first variant. */
function ratios<T extends Compared>(
  all: readonly T[],
  one: T,
  values: (of: T) => number[],
): string[] {
  const compared = (base: T | undefined): string =>
    base && base !== one ? shown(ratio(values(one), values(base)), 2) : "";
  const { name, variant } = one.contender;
  const withBases = basesAmong(all).map((baseName) =>
    compared(all.find(({ contender: c }) => c.name === baseName && c.variant === variant)),
  );
  const first = all.find(({ contender }) => contender.name === name);
  return hasVariants(all) ? [...withBases, compared(first)] : withBases;
}

const hasVariants = (all: readonly Compared[]): boolean =>
  all.some(({ contender }) => contender.variant !== undefined);

function shown({ median, min, max }: Spread, digits: number): string {
  const range = min === max ? "" : ` (${fixed(min, digits)}-${fixed(max, digits)})`;
  return fixed(median, digits) + range;
}

const fixed = (value: number, digits: number): string =>
  Number.isNaN(value) ? "?" : value.toFixed(digits);

/** A Markdown table with aligned columns. */
export function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: Row): string =>
    `| ${widths.map((width, i) => row[i]?.padEnd(width)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line)].join("\n");
}
