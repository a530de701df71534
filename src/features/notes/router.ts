// The sample feature: list, create, read, replace and delete notes.
import { Router } from "express";
import * as v from "valibot";
import { describeRoute } from "berth/api";
import { createIdempotencyKeys, type Database } from "berth/postgres";
import { idempotent, Problem, relativeUrl, sendPage } from "berth/http";
import { note, noteInput, noteParams, notesQuery } from "./schema";
import { createNoteStore } from "./store";

/** Serves notes at the path where it is mounted. */
export function createNotesRouter({ database }: { database: Database }): Router {
  const notes = createNoteStore(database);
  const once = createIdempotencyKeys(database);
  const router = Router();

  router.get(
    "/",
    describeRoute({
      summary: "Lists notes, the newest first.",
      query: notesQuery,
      responses: {
        200: { body: v.array(note), headers: { Link: "The next page, if there is one." } },
      },
    }),
    async (req, res) => {
      await sendPage(
        res,
        req.query,
        (page) => notes.list(page),
        ({ id }) => id,
      );
    },
  );

  router.post(
    "/",
    describeRoute({
      summary: "Creates a note.",
      isIdempotent: true,
      body: noteInput,
      responses: { 201: { body: note, headers: { Location: "Where the note is." } } },
    }),
    async (req, res) => {
      await idempotent(once, req, res, async (db) => {
        const created = await createNoteStore(db).create(req.body);
        return {
          status: 201,
          headers: { Location: relativeUrl(req, created.id) },
          body: created,
        };
      });
    },
  );

  router.get(
    "/:id",
    describeRoute({ summary: "Reads a note.", params: noteParams, responses: { 200: note } }),
    async (req, res) => {
      res.json(existing(await notes.find(req.params.id)));
    },
  );

  router.put(
    "/:id",
    describeRoute({
      summary: "Replaces a note.",
      params: noteParams,
      body: noteInput,
      responses: { 200: note },
    }),
    async (req, res) => {
      res.json(existing(await notes.replace(req.params.id, req.body)));
    },
  );

  router.delete(
    "/:id",
    describeRoute({ summary: "Deletes a note.", params: noteParams, responses: { 204: null } }),
    async (req, res) => {
      existing(await notes.remove(req.params.id));
      res.status(204).end();
    },
  );

  return router;
}

/** @throws Problem 404 when the store has found none. */
function existing<T>(note: T | undefined): T {
  if (note === undefined) throw new Problem(404, "There is no such note.");
  return note;
}
