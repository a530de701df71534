import { startMigratedPostgres, type TestServer } from "berth/testing";
import { startService } from "../../../../test/support/service";

/** The number of notes; each is posted twice at once. */
const KEYS = Number(process.env.IDEMPOTENCY_KEYS ?? 100);
/** The number of concurrent requests for each process. */
const CONCURRENCY = 10;

describe("POST /notes with an Idempotency-Key", () => {
  it("stores each note once, though it is sent to two processes and one of them is killed", async () => {
    const { url } = await startMigratedPostgres();
    const env = { DATABASE_URL: url };
    const servers = [await startService(env), await startService(env)] as const;
    const [victim, survivor] = servers;
    const seen = { broken: 0, refused: 0, repeated: 0 };

    /** Retries until there is a response, with the other process once this one is gone. Resolves to the note's id. */
    async function post(key: number, server: TestServer): Promise<unknown> {
      const headers = { "Content-Type": "application/json", "Idempotency-Key": `key-${key}` };
      const body = JSON.stringify({ title: `note ${key}`, body: "" });
      const res = await fetch(`${server.url}/notes`, { method: "POST", headers, body })
        .then(async (res) => ({ status: res.status, headers: res.headers, note: await res.json() }))
        .catch(() => undefined);
      if (!res) seen.broken++;
      else if (res.status === 201) {
        if (res.headers.has("Idempotent-Replayed")) seen.repeated++;
        return (res.note as { id: string }).id;
      } else {
        expect([409, 503]).toContain(res.status);
        seen.refused++;
      }
      return post(key, res ? server : survivor);
    }

    let next = 0;
    const ids: unknown[] = [];
    const worker = async () => {
      for (let key = next++; key < KEYS; key = next++) {
        const both = Promise.all(servers.map((server) => post(key, server)));
        // In the middle of this request.
        if (key === Math.floor(KEYS / 2)) victim.child.kill("SIGKILL");
        const [one, other] = await both;
        expect(one).toBe(other);
        ids.push(one);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));

    expect(await victim.exit).toBe("SIGKILL");
    expect(seen.broken).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(KEYS);
    const stored = await countNotes(survivor);
    expect(stored).toBe(KEYS);
    if (process.env.IDEMPOTENCY_KEYS)
      process.stderr.write(`${KEYS} keys: ${JSON.stringify(seen)}, ${stored} rows\n`);
  });
});

/** Counts the notes page by page. */
async function countNotes({ url }: TestServer): Promise<number> {
  let count = 0;
  let cursor = "";
  for (;;) {
    const page = (await (await fetch(`${url}/notes?limit=100${cursor}`)).json()) as {
      id: string;
    }[];
    count += page.length;
    if (page.length < 100) return count;
    cursor = `&cursor=${page.at(-1)?.id}`;
  }
}
