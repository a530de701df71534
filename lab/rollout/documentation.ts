// Writes the table of docs/deploy.md about 1, 10 and 1,000 instances.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Parameters, readParameters } from "./parameters";
import { type Outcome, simulate } from "./rollout";

/** The page. */
export const PAGE = join(__dirname, "../../docs/deploy.md");

/** The marks are inside `berth` marks, so that `npm run init` removes them. */
const TABLE =
  /(<!-- rollout, written by `npm run docs` -->\n<!-- end: berth -->\n)[^]*?(<!-- begin: berth -->\n<!-- end of rollout -->)/;

const SIZES = [1, 10, 1000];

/** The time to schedule and start a container whose image is on the node, in an idle cluster, in milliseconds. */
const PLACED_MS = 5000;
/** How long idle connections may take to close at the end of a drain, in milliseconds. */
const IDLE_GRACE_MS = 2000;

/** PostgreSQL's default `max_connections`, without those reserved for superusers. */
export const DEFAULT_CONNECTIONS = 100 - 3;

/** The length of an access log line, in bytes; verified by a test. */
export const LINE_BYTES = 230;
const REQUESTS_PER_SECOND = 100;

/** Spreads instances over the probe interval, because each node probes at its own time. */
const spread = (index: number): number => (index * 0.618_034) % 1;

/** Simulates a deploy of this many instances. */
export function deployOf(instances: number, goneAfterMs: number, of: Parameters): Outcome {
  return simulate({
    instances,
    surge: Math.ceil((instances * of.surgePercent) / 100),
    unavailable: of.unavailable,
    readyAfterMs: (index) =>
      PLACED_MS + of.startupPeriodMs + spread(index + 1) * of.readinessPeriodMs,
    goneAfterMs,
  });
}

function describe(instances: number, of: Parameters): string[] {
  // With short requests, and with requests that take the whole shutdown timeout.
  const ends = [of.drainDelayMs + IDLE_GRACE_MS, of.shutdownTimeoutMs];
  const [quick, slow] = ends.map((goneAfterMs) => deployOf(instances, goneAfterMs, of)) as [
    Outcome,
    Outcome,
  ];
  const connections = (running: number): string => whole(running * of.poolSize);
  return [
    whole(instances),
    `${range(seconds(quick), seconds(slow))} s`,
    whole(Math.min(quick.leastServing, slow.leastServing)),
    range(whole(quick.mostRunning), whole(slow.mostRunning)),
    connections(instances),
    range(connections(quick.mostRunning), connections(slow.mostRunning)),
    whole(Math.floor(DEFAULT_CONNECTIONS / slow.mostRunning)),
    `${whole((instances * REQUESTS_PER_SECOND * LINE_BYTES * 86_400) / 1e9)} GB`,
  ];
}

const range = (least: string, most: string): string =>
  least === most ? most : `${least} to ${most}`;
const whole = (value: number): string => Math.round(value).toLocaleString("en");
const seconds = ({ tookMs }: Outcome): string => whole(tookMs / 1000);

const HEAD = [
  "Instances",
  "A deploy takes",
  "Serve at least",
  "Run at most",
  "Connections",
  "In a deploy",
  "`DATABASE_POOL_SIZE` at most",
  "Log a day",
];

/** The table, in Markdown. */
export function describeRollouts(of: Parameters = readParameters()): string {
  const rows = SIZES.map((instances) => describe(instances, of));
  return [HEAD, HEAD.map(() => "---:"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Returns the page with the simulated table. @throws Error when the page has no marks */
export function documentPage(page: string): string {
  if (!TABLE.test(page)) throw new Error("docs/deploy.md has no marks for the rollout table");
  return page.replace(
    TABLE,
    (_all, start: string, end: string) => `${start}\n${describeRollouts()}\n\n${end}`,
  );
}

if (require.main === module) writeFileSync(PAGE, documentPage(readFileSync(PAGE, "utf8")));
