// Metrics and traces of a service.
export { type LabelValues } from "./metrics/families";
export {
  counter,
  gauge,
  histogram,
  type OwnCounter,
  type OwnGauge,
  type OwnHistogram,
} from "./metrics/own";
export { mountMetrics } from "./mount";
export { observeProcess } from "./process";
