// The parts of a process: its entry points, its lifecycle, and the context of its work.
export { type About, type ProcessServices, readAbout } from "../process/about";
export { enter, type PortVariables, runOnce, serve, type ServiceProcess } from "../process/entry";
export { readEnvFile } from "../process/env-file";
export { type ExtendedProcess, extendProcess, type ProcessExtension } from "../process/extensions";
export {
  createLifecycle,
  type Lifecycle,
  type LifecycleOptions,
  REPLACED,
  type Resource,
} from "../process/lifecycle";
export { createLogger, type LoggingOptions } from "../process/logger";
export { type BackgroundProcess, runUntilStopped } from "../process/until-stopped";
export { type BackgroundService } from "../process/background-service";
export {
  checkReadiness,
  type Readiness,
  type ReadinessCheck,
  type ReadinessOptions,
} from "../process/readiness";
export {
  hasColors,
  levelOf,
  type LogFields,
  parseLogLine,
  readableLines,
} from "../process/readable-line";
export { isInRange } from "../process/version-range";
export { createStdout } from "../process/stdout";
export { within } from "../process/within";
export {
  runInWorkContext,
  keepWorkContexts,
  currentContext,
  currentLogger,
} from "../process/work-context";
export { workSignal } from "../process/work-signal";
