// Mounts the metrics in the service's app.
import type { IRouter } from "express";
import { endpoint } from "./process";

/** Serves `GET /metrics`, if the process has `METRICS_TOKEN` and no `METRICS_PORT`; otherwise there is no such path. */
export function mountMetrics(app: IRouter): void {
  const respond = endpoint();
  if (respond) app.get("/metrics", (req, res) => respond(req, res));
}
