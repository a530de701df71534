// The sample of a second process: the feed, and a page about the process.
import { Router } from "express";
import type { ServiceClient } from "berth/client";
import { describeRoute } from "berth/api";
import { about, relativeUrl } from "berth/http";
import type { About } from "berth/process";
import { toAtom } from "./atom";
import { latestNotes } from "./notes";

/** Serves the feed at `/notes.atom`. */
export function createFeedRouter(services: { notes: ServiceClient; about: About }): Router {
  const router = Router();

  router.get("/", about(services.about));

  router.get(
    "/notes.atom",
    describeRoute({
      summary: "The latest notes, as an Atom feed.",
      responses: { 200: { mediaType: "application/atom+xml" } },
    }),
    async (req, res) => {
      const notes = await latestNotes(services.notes);
      const self = relativeUrl(req);
      res.type("application/atom+xml").send(toAtom(notes, { author: services.about.name, self }));
    },
  );

  return router;
}
