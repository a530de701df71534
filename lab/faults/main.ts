// The fault experiments.
import { runExperiments } from "../experiments/run";
import { deadlines } from "./deadlines";
import { neighbours } from "./neighbours";
import { HELP, parseOptions } from "./options";
import { races } from "./races";
import { restarts } from "./restarts";
import { table } from "./table";

runExperiments({
  experiments: { table, deadlines, neighbours, races, restarts },
  help: HELP,
  parseOptions,
});
