// The experiments with limits.
import { runExperiments } from "../experiments/run";
import { keys } from "./keys";
import { HELP, parseOptions } from "./options";
import { rate } from "./rate";

runExperiments({ experiments: { rate, keys }, help: HELP, parseOptions });
