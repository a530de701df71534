// Keeps notes in PostgreSQL.
import type { Queryable } from "berth/postgres";
import type { Note, NoteInput, NotesQuery } from "./schema";

const COLUMNS = `id, title, body, created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Notes in a database. */
export interface NoteStore {
  /** The newest notes, or those before the cursor, newest first. */
  list(query: NotesQuery): Promise<Note[]>;
  create(input: NoteInput): Promise<Note>;
  find(id: string): Promise<Note | undefined>;
  /** Resolves with undefined when there is no such note. */
  replace(id: string, input: NoteInput): Promise<Note | undefined>;
  /** Resolves with the note that was, or undefined when there is no such note. */
  remove(id: string): Promise<Note | undefined>;
}

/** Creates the store, on the database or in a transaction; its table comes from the migrations. */
export function createNoteStore({ query }: Queryable): NoteStore {
  return {
    list: ({ limit, cursor }) =>
      query<Note>(
        `SELECT ${COLUMNS} FROM notes WHERE $2::bigint IS NULL OR id < $2 ORDER BY id DESC LIMIT $1`,
        [limit, cursor],
      ),
    async create({ title, body }) {
      const rows = await query<Note>(
        `INSERT INTO notes (title, body) VALUES ($1, $2) RETURNING ${COLUMNS}`,
        [title, body],
      );
      return rows[0] as Note;
    },
    async find(id) {
      const rows = await query<Note>(`SELECT ${COLUMNS} FROM notes WHERE id = $1`, [id]);
      return rows[0];
    },
    async replace(id, { title, body }) {
      const rows = await query<Note>(
        `UPDATE notes SET title = $2, body = $3, updated_at = now() WHERE id = $1 RETURNING ${COLUMNS}`,
        [id, title, body],
      );
      return rows[0];
    },
    async remove(id) {
      const rows = await query<Note>(`DELETE FROM notes WHERE id = $1 RETURNING ${COLUMNS}`, [id]);
      return rows[0];
    },
  };
}
