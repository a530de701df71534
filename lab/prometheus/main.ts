// The experiments with Prometheus.
import { runExperiments } from "../experiments/run";
import { dashboard } from "./dashboard";
import { HELP, parseOptions } from "./options";
import { outage } from "./outage";
import { series } from "./series";

runExperiments({ experiments: { dashboard, series, outage }, help: HELP, parseOptions });
