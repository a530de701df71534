// What a person sees who opens the service's root.
import type { RequestHandler } from "express";
import * as v from "valibot";
import type { About } from "../process/about";
import { describes } from "./description";

/** Answers with the service's name and version. */
export function about({ name, version }: About): RequestHandler {
  return describes((_req, res) => void res.json({ name, version }), {
    summary: "Says what service this is.",
    tag: "service",
    answers: { 200: v.object({ name: v.string(), version: v.string() }) },
  });
}
