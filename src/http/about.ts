// What a person sees who opens the service's root.
import type { RequestHandler } from "express";

/** The service's name and version. */
export interface About {
  name: string;
  version: string;
}

/** Answers with the service's name and version, and the paths worth a look. */
export function about({ name, version }: About, paths: readonly string[]): RequestHandler {
  return (_req, res) => {
    res.json({ name, version, paths });
  };
}
