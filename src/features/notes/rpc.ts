// The sample feature for gRPC clients: create, read and list notes.
import { join } from "node:path";
import * as v from "valibot";
import type { Database } from "berth/postgres";
import { CallError, loadProtos, parseMessage, type RpcService } from "berth-grpc";
import { id, integer, object } from "berth/schema";
import { type Note, noteInput, noteParams } from "./schema";
import { createNoteStore } from "./store";

const PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;

/** Fields that the client did not set are empty. */
const listRequest = object({
  pageSize: integer(0, MAX_PAGE_SIZE),
  pageToken: v.union([v.literal(""), id]),
});

/** Serves notes. */
export function createNotesRpc({ database }: { database: Database }): RpcService {
  const notes = createNoteStore(database);

  return {
    name: "notes.v1.Notes",
    protos: loadProtos(join(__dirname, "notes.proto")),
    handlers: {
      createNote: async (request) =>
        toMessage(await notes.create(parseMessage(noteInput, request))),

      async getNote(request) {
        const note = v.is(noteParams, request) ? await notes.find(request.id) : undefined;
        if (note === undefined) throw new CallError("NOT_FOUND", "There is no such note.");
        return toMessage(note);
      },

      async listNotes(request) {
        const { pageSize, pageToken } = parseMessage(listRequest, request);
        const limit = pageSize || PAGE_SIZE;
        const found = await notes.list({ limit: limit + 1, cursor: pageToken || undefined });
        const page = found.slice(0, limit);
        const nextPageToken = found.length > limit ? page.at(-1)?.id : "";
        return { notes: page.map(toMessage), nextPageToken };
      },

      async *streamNotes() {
        let cursor: string | undefined;
        do {
          const page = await notes.list({ limit: MAX_PAGE_SIZE, cursor });
          yield* page.map(toMessage);
          cursor = page.length === MAX_PAGE_SIZE ? page.at(-1)?.id : undefined;
        } while (cursor !== undefined);
      },
    },
  };
}

const toMessage = ({ createdAt, updatedAt, ...note }: Note) => ({
  ...note,
  createdAt: toTimestamp(createdAt),
  updatedAt: toTimestamp(updatedAt),
});

/** @param text RFC 3339. */
function toTimestamp(text: string) {
  const ms = Date.parse(text);
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - seconds * 1000) * 1_000_000 };
}
