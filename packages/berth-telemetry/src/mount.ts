// Mounts the paths of telemetry in the service's app.
import type { IRouter } from "express";
import { endpoints } from "./process";

/** Serves `GET /metrics`, if the process has `METRICS_TOKEN` and no `METRICS_PORT`; otherwise there is no such path. */
export const mountMetrics = (app: IRouter): void => mount(app, (path) => path === "/metrics");

/**
 * Serves what shows the inside of the process, below `/debug/`: its state, CPU and heap profiles, heap snapshots; if it has
 * `DEBUG_TOKEN` and no `METRICS_PORT`. Otherwise there are no such paths.
 */
export const mountDebug = (app: IRouter): void => mount(app, (path) => path !== "/metrics");

function mount(app: IRouter, isWanted: (path: string) => boolean): void {
  for (const [path, respond] of endpoints()) {
    if (isWanted(path)) app.get(path, (req, res) => respond(req, res));
  }
}
