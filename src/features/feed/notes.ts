// The notes of another process: how they are attached, and what is asked of them.
import * as v from "valibot";
import { createServiceClient, type ServiceClient } from "berth/client";
import type { AttachOptions } from "berth/backing";

const time = v.pipe(v.string(), v.isoTimestamp(), v.toDate());

/** As far as the feed is concerned: what else a note has may change. */
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
  // Not required: every instance of the feed has the same notes, so none would do better, and this one says what is wrong.
  return { use: notes, check: notes.ping, isRequired: false, close: notes.close };
};

/** Asks for the latest notes. @throws ServiceError when there is no response, or another one than is expected. */
export const latestNotes = (notes: ServiceClient): Promise<Note[]> =>
  notes.call({ method: "GET", path: "/notes", query: { limit: SHOWN }, response: notesResponse });
