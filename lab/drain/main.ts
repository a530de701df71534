// The drain experiments.
import { runExperiments } from "../experiments/run";
import { crash } from "./crash";
import { grpc } from "./grpc/experiment";
import { idle } from "./idle";
import { HELP, parseOptions } from "./options";
import { restart } from "./restart";
import { roll } from "./roll";
import { soak } from "./soak";

runExperiments({
  experiments: { restart, idle, soak, roll, crash, grpc },
  help: HELP,
  parseOptions,
});
