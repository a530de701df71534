// Where each feature is mounted: one import and one line for each.
import type { Router } from "express";
import type { Database } from "./backing/postgres";
import { createNotesRouter } from "./features/notes/router";

/** The backing services that features may use. */
export interface Services {
  database: Database;
}

/** Router factories by the path where they are mounted. */
export type Routes = Readonly<Record<string, (services: Services) => Router>>;

export const routes: Routes = {
  // "/path": createFeatureRouter,
  "/notes": createNotesRouter,
};
