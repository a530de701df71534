// What a note looks like, and what clients may ask for.
import * as v from "valibot";
import { dateTime, id, object, pageQuery, text } from "berth/schema";

/** A note as clients write it. */
export const noteInput = v.pipe(
  object({ title: text(1, 200), body: text(0, 10_000) }),
  v.title("NoteInput"),
);

export type NoteInput = v.InferOutput<typeof noteInput>;

/** A note as clients read it. */
export const note = v.pipe(
  object({ id, ...noteInput.entries, createdAt: dateTime, updatedAt: dateTime }),
  v.title("Note"),
);

export type Note = v.InferOutput<typeof note>;

/** What a note's path has. */
export const noteParams = object({ id });

/** Which page of the list is wanted: the notes older than the cursor, which is an id. */
export const notesQuery = pageQuery(20, 100);

export type NotesQuery = v.InferOutput<typeof notesQuery>;
