// The table of docs/deploy.md on 1, 10 and 1,000 instances.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Parameters, readParameters } from "./parameters";
import { type Outcome, play } from "./rollout";

/** The page for readers. */
export const PAGE = join(__dirname, "../../docs/deploy.md");

/** The marks are not for a service that is made of Berth, so they are marked themselves. */
const TABLE =
  /(<!-- rollout, written by `npm run docs` -->\n<!-- end: lab -->\n)[^]*?(<!-- begin: lab -->\n<!-- end of rollout -->)/;

const SIZES = [1, 10, 1000];

/** Until a node has been found and the image, which it has, runs, in milliseconds: what a calm cluster needs. */
const PLACED_MS = 5000;
/** What idle connections get at the end of a drain, in milliseconds. */
const IDLE_GRACE_MS = 2000;

/** PostgreSQL's own `max_connections`, less what it keeps for superusers. */
export const DEFAULT_CONNECTIONS = 100 - 3;

/** A line of the access log, in bytes; a test measures one. */
export const LINE_BYTES = 230;
const REQUESTS_PER_SECOND = 100;

/** Spreads instances over the time between two probes, as each node asks at a time of its own. */
const spread = (index: number): number => (index * 0.618_034) % 1;

/** Plays the deploy of that many instances. */
export function deployOf(instances: number, goneAfterMs: number, of: Parameters): Outcome {
  return play({
    instances,
    surge: Math.ceil((instances * of.surgePercent) / 100),
    unavailable: of.unavailable,
    readyAfterMs: (index) =>
      PLACED_MS + of.startupPeriodMs + spread(index + 1) * of.readinessPeriodMs,
    goneAfterMs,
  });
}

function describe(instances: number, of: Parameters): string[] {
  // Requests that are done soon, and those that take all the time there is.
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

/** The page with its table as the simulation has it. @throws Error when the page has no place for it */
export function documentPage(page: string): string {
  if (!TABLE.test(page)) throw new Error("docs/deploy.md has no place for the rollout");
  return page.replace(
    TABLE,
    (_all, start: string, end: string) => `${start}\n${describeRollouts()}\n\n${end}`,
  );
}

if (require.main === module) writeFileSync(PAGE, documentPage(readFileSync(PAGE, "utf8")));
