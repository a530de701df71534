// The sample feature: list, create, read, replace and delete notes.
import { Router } from "express";
import { createIdempotencyKeys } from "../../chassis/backing/idempotency-keys";
import type { Database } from "../../chassis/backing/postgres";
import { parseBody } from "../../chassis/http/body";
import { idempotent } from "../../chassis/http/idempotent";
import { sendPage } from "../../chassis/http/paging";
import { Problem } from "../../chassis/http/problem";
import { parseQuery } from "../../chassis/http/validate";
import { isNoteId, noteInput, notesQuery } from "./schema";
import { createNoteStore } from "./store";

/** Serves notes at the path where it is mounted. */
export function createNotesRouter({ database }: { database: Database }): Router {
  const notes = createNoteStore(database);
  const once = createIdempotencyKeys(database);
  const router = Router();

  router.param("id", (_req, _res, next, id: string) =>
    next(isNoteId(id) ? undefined : noSuchNote()),
  );

  router.get("/", async (req, res) => {
    const query = parseQuery(notesQuery, req);
    await sendPage(
      res,
      query,
      (page) => notes.list(page),
      ({ id }) => id,
    );
  });

  router.post("/", async (req, res) => {
    const input = await parseBody(noteInput, req);
    await idempotent(once, req, res, async (db) => {
      const note = await createNoteStore(db).create(input);
      return { status: 201, headers: { Location: `${req.baseUrl}/${note.id}` }, body: note };
    });
  });

  router.get("/:id", async (req, res) => {
    res.json(existing(await notes.find(req.params.id)));
  });

  router.put("/:id", async (req, res) => {
    const input = await parseBody(noteInput, req);
    res.json(existing(await notes.replace(req.params.id, input)));
  });

  router.delete("/:id", async (req, res) => {
    existing(await notes.remove(req.params.id));
    res.status(204).end();
  });

  return router;
}

const noSuchNote = (): Problem => new Problem(404, "There is no such note.");

/** @throws Problem 404 when the store has found none. */
function existing<T>(note: T | undefined): T {
  if (note === undefined) throw noSuchNote();
  return note;
}
