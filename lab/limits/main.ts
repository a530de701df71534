// The experiments with the rate limit and idempotency keys.
import { runExperiments } from "../experiments/run";
import { keys } from "./keys";
import { HELP, parseOptions } from "./options";
import { rate } from "./rate";

runExperiments({ experiments: { rate, keys }, help: HELP, parseOptions });
