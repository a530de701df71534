// Where each feature is mounted: one import and one line for each.
import type { Router } from "express";
import type { Database } from "./backing/postgres";
import { createNotesRouter } from "./features/notes/router";

/** What features may use. */
export interface Services {
  database: Database;
  /** Aborted when the process is about to end: endless responses, such as server-sent events, end themselves on it. */
  draining: AbortSignal;
}

/** Router factories by the path where they are mounted. */
export type Routes = Readonly<Record<string, (services: Services) => Router>>;

export const routes: Routes = {
  // "/path": createFeatureRouter,
  "/notes": createNotesRouter,
};
