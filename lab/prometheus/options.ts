// The command line of the Prometheus experiments.
import { type ExperimentOptions, parseExperiments } from "../experiments/run";

export const HELP = `Scrapes the built service of this checkout with Debian's Prometheus: three instances of web (one with two workers), feed,
gRPC and a job worker. Exits with 1 if a target is missed.

npm -w lab run prometheus -- [options] [EXPERIMENT …]
  dashboard  evaluates each expression of docs/operate/dashboard.json, while all is well and during an outage
  series     counts the series before and after 10,000 random paths; promtool checks the scraped text
  outage     locks a table until PoolExhausted of docs/operate/alerts.yaml fires, then unlocks it

  --node PATH  the Node binary that runs the services (default: this one)
  --help       print this

The rules are those of docs/operate/alerts.yaml with 3 s for each "for". prometheus must be installed; PostgreSQL is
Debian's if it is installed, otherwise the embedded one.
`;

/** @throws UsageError when an experiment or option is unknown */
export function parseOptions(argv: readonly string[], known: readonly string[]): ExperimentOptions {
  const { values, experiments } = parseExperiments(argv, known, {});
  return { experiments, node: values.node, help: values.help };
}
