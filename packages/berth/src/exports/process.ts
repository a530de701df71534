// A process: its entry, its life cycle, and the work it does.
export { readAbout } from "../process/about";
export { enter } from "../process/entry";
export { readEnvFile } from "../process/env-file";
export {
  createLifecycle,
  type Lifecycle,
  type LifecycleOptions,
  REPLACED,
  type Resource,
} from "../process/lifecycle";
export { createLogger, type LoggingOptions } from "../process/logger";
export {
  checkReadiness,
  type Readiness,
  type ReadinessCheck,
  type ReadinessOptions,
} from "../process/readiness";
export { runOnce } from "../process/run-once";
export { serve, type PortVariables, type Serving } from "../process/serve";
export { type About, type ProcessServices } from "../process/services";
export { createStdout } from "../process/stdout";
export { within } from "../process/within";
export {
  runInWorkContext,
  keepWorkContexts,
  currentContext,
  currentLogger,
} from "../process/work-context";
export { workSignal } from "../process/work-signal";
