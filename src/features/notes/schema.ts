// What a note looks like, and what clients may ask for.
import * as v from "valibot";
import { object, text } from "../../chassis/http/validate";

/** A note as clients write it. */
export const noteInput = object({
  title: text(1, 200),
  body: text(0, 10_000),
});

export type NoteInput = v.InferOutput<typeof noteInput>;

/** A note as clients read it. */
export interface Note extends NoteInput {
  id: string;
  /** RFC 3339, in UTC. */
  createdAt: string;
  /** RFC 3339, in UTC. */
  updatedAt: string;
}

const MAX_BIGINT = 9_223_372_036_854_775_807n;

/** Whether the text can be a note's id: a positive 64-bit integer in plain digits. */
export const isNoteId = (id: string): boolean =>
  /^[1-9]\d{0,18}$/.test(id) && BigInt(id) <= MAX_BIGINT;

/** Which page of the list is wanted: the notes older than the cursor. */
export const notesQuery = object({
  limit: v.optional(
    v.pipe(
      v.string(),
      v.check(
        (value) => /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 100,
        "must be a whole number from 1 to 100",
      ),
      v.transform(Number),
    ),
    "20",
  ),
  cursor: v.optional(v.pipe(v.string(), v.check(isNoteId, "must come from a Link header"))),
});

export type NotesQuery = v.InferOutput<typeof notesQuery>;
