// The load: notes are read and written through the router; each title is the id of its request.
import { Client, type QueryResultRow } from "pg";
import { type RequestPlan, type Sent, sendRequests } from "../drain/load/requests";
import { type Tally, tally } from "../drain/load/tally";

/** Inserting a note takes 300 ms, so that some are always in flight. */
const SLOW_INSERT = `
  CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END';
  CREATE TRIGGER slow BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION pause();
`;

/** About 120 requests a second. */
const PLANS: readonly RequestPlan[] = [
  { method: "GET", path: "/notes", clients: 10, pauseMs: 100, withId: () => ({}) },
  {
    ...{ method: "POST", path: "/notes", clients: 10, pauseMs: 100, expectedStatus: 201 },
    withId: (id) => ({ body: JSON.stringify({ title: id, body: "" }) }),
  },
];

/** The outcome of a load. */
export interface Outcome extends Tally {
  /** POSTs with a response whose note is not in the database. */
  postsLost: number;
  /** From the first failed request to the last one; 0 without any. */
  failingMs: number;
}

/** Starts the load. The returned function stops it, and resolves to its outcome. */
export function startLoad(port: number, databaseUrl: string): () => Promise<Outcome> {
  const stop = new AbortController();
  const requests = PLANS.map((plan) => sendRequests(port, plan, stop.signal));
  return async () => {
    stop.abort();
    return outcome((await Promise.all(requests)).flat(), await titles(databaseUrl));
  };
}

/** Compares what clients saw with the titles of all notes. */
export function outcome(sent: readonly Sent[], notes: readonly string[]): Outcome {
  const ran = notes.map((id) => ({ id, pid: 0, isDone: true }));
  const kept = new Set(notes);
  const failedAt = sent.filter(({ failure }) => failure).map(({ sentAtMs }) => sentAtMs);
  const failingMs = failedAt.length > 0 ? Math.max(...failedAt) - Math.min(...failedAt) : 0;
  const isLost = ({ id, method, failure }: Sent) => method === "POST" && !failure && !kept.has(id);
  return {
    ...tally({ requests: [...sent], sockets: [], streams: [] }, ran),
    postsLost: sent.filter(isLost).length,
    failingMs,
  };
}

/** Makes inserts slow in a migrated database. */
export const slowDown = (url: string) => query(url, SLOW_INSERT);

async function titles(url: string): Promise<string[]> {
  const { rows } = await query<{ title: string }>(url, "SELECT title FROM notes");
  return rows.map(({ title }) => title);
}

async function query<Row extends QueryResultRow>(url: string, sql: string) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query<Row>(sql);
  } finally {
    await client.end();
  }
}
