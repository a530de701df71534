// Attaches the notes of another process, and reads them.
import * as v from "valibot";
import { createServiceClient, type ServiceClient } from "berth/client";
import type { AttachOptions } from "berth/backing";

const time = v.pipe(v.string(), v.isoTimestamp(), v.toDate());

/** The fields that the feed needs; a note's other fields may change. */
const note = v.object({
  id: v.string(),
  title: v.string(),
  body: v.string(),
  createdAt: time,
  updatedAt: time,
});

export type Note = v.InferOutput<typeof note>;

const notesResponse = v.array(note);

const SHOWN = 20;

/** Attaches the notes by their URL. */
export const attachNotes = ({ config, logger }: AttachOptions<{ NOTES_URL: string }>) => {
  const notes = createServiceClient({ name: "notes", url: config.NOTES_URL, logger });
  // Not required: without the notes no instance of the feed works any better, so this one stays ready and says what is wrong.
  return { use: notes, check: notes.ping, isRequired: false, close: notes.close };
};

/** Reads the latest notes. @throws ServiceError when there is no response, or not the expected one. */
export const latestNotes = (notes: ServiceClient): Promise<Note[]> =>
  notes.call({ method: "GET", path: "/notes", query: { limit: SHOWN }, response: notesResponse });
