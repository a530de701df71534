// What a person sees who opens the service's root.
import type { RequestHandler } from "express";
import type { About } from "../process/services";

/** Answers with the service's name and version. */
export function about({ name, version }: About): RequestHandler {
  return (_req, res) => {
    res.json({ name, version });
  };
}
