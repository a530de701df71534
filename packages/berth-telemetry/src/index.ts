// Metrics and traces of a service, and debugging of its running processes.
export { type LabelValues } from "./metrics/families";
export {
  counter,
  gauge,
  histogram,
  type OwnCounter,
  type OwnGauge,
  type OwnHistogram,
} from "./metrics/own";
export { mountDebug, mountMetrics } from "./mount";
export { observeProcess } from "./process";
