// Mounts the metrics and debugging endpoints in the service's app.
import type { IRouter } from "express";
import { endpoints } from "./process";

/** Serves `GET /metrics` if the process has `METRICS_TOKEN` and no `METRICS_PORT`; otherwise it mounts nothing. */
export const mountMetrics = (app: IRouter): void => mount(app, (path) => path === "/metrics");

/**
 * Serves the state of the process, CPU and heap profiles, and heap snapshots below `/debug/`, if the process has `DEBUG_TOKEN`
 * and no `METRICS_PORT`; otherwise it mounts nothing.
 */
export const mountDebug = (app: IRouter): void => mount(app, (path) => path !== "/metrics");

function mount(app: IRouter, isWanted: (path: string) => boolean): void {
  for (const [path, respond] of endpoints()) {
    if (isWanted(path)) app.get(path, (req, res) => respond(req, res));
  }
}
