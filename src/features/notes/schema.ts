// What a note looks like, and what clients may ask for.
import { z } from "zod";
import { text } from "../../http/validate";

/** A note as clients write it. */
export const noteInput = z.strictObject({
  title: text(1, 200),
  body: text(0, 10_000),
});

export type NoteInput = z.infer<typeof noteInput>;

/** A note as clients read it. */
export interface Note extends NoteInput {
  id: string;
  createdAt: Date;
  updatedAt: Date;
}

const MAX_BIGINT = 9_223_372_036_854_775_807n;

/** Whether the text can be a note's id: a positive 64-bit integer in plain digits. */
export const isNoteId = (id: string): boolean =>
  /^[1-9]\d{0,18}$/.test(id) && BigInt(id) <= MAX_BIGINT;

/** Which page of the list is wanted: the notes older than the cursor. */
export const notesQuery = z.strictObject({
  limit: z
    .string()
    .refine((value) => /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 100, {
      error: "must be a whole number from 1 to 100",
    })
    .default("20")
    .transform(Number),
  cursor: z.string().refine(isNoteId, { error: "must come from a Link header" }).optional(),
});

export type NotesQuery = z.infer<typeof notesQuery>;
