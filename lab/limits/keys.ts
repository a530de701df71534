// Experiment: each POST with an idempotency key is sent to two instances concurrently, while one of them is killed.
import { Client } from "pg";
import type { Finding } from "../experiments/run";
import type { Options } from "./options";
import { startPostgres } from "./postgres";
import { release, startInstance, startInstances, urlOf } from "./service";

/** The number of concurrent keys. */
const CONCURRENCY = 10;
/** The maximum number of attempts per key. */
const TRIES = 10_000;

/** Counts notes that were stored twice or not at all, and keys that got two different responses. */
export async function keys({ node, keys: count }: Options): Promise<Finding> {
  const postgres = await startPostgres();
  const env = { DATABASE_URL: postgres.url };
  await release(node, env);
  const instances = (await startInstances(node, env, 2)).map((run) => Promise.resolve(run));
  const seen = { sent: 0, broken: 0, underWay: 0, repeated: 0, unexpected: 0 };

  /** Sends a key to an instance, or its replacement, until it gets a response; resolves to that. */
  async function post(key: number, at: number): Promise<string> {
    for (let tries = 0; tries < TRIES; tries++) {
      const url = urlOf(await instances[at]!);
      seen.sent++;
      const result = await send(url, key).catch(() => undefined);
      if (!result) seen.broken++;
      else if (result.status === 409) seen.underWay++;
      else {
        if (result.isRepeated) seen.repeated++;
        if (result.status !== 201) seen.unexpected++;
        return result.text;
      }
    }
    throw new Error(`key ${key} got no response in ${TRIES} attempts`);
  }

  async function killAndStart(at: number): Promise<void> {
    const instance = await instances[at]!;
    // After a broken connection, waits for the replacement.
    instances[at] = instance.reap().then(() => startInstance(node, env, instance.port));
    await instances[at];
  }

  let next = 0;
  let different = 0;
  let killed: Promise<void> | undefined;
  const worker = async (): Promise<void> => {
    for (let key = next++; key < count; key = next++) {
      const both = Promise.all([post(key, 0), post(key, 1)]);
      // Kills the instance while these requests are in flight.
      if (key === Math.floor(count / 2)) killed = killAndStart(0);
      const [one, other] = await both;
      if (one !== other || one !== (await post(key, 0))) different++;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  await killed;
  const rows = await countNotes(postgres.url);
  await Promise.all(instances.map(async (instance) => (await instance).reap()));
  await postgres.reap();

  const missed: string[] = [];
  if (rows !== count) missed.push(`${rows} notes for ${count} keys`);
  if (different > 0) missed.push(`${different} keys got two different responses`);
  if (seen.broken === 0) missed.push("no request was in flight when the instance was killed");
  if (seen.unexpected > 0) missed.push(`${seen.unexpected} POSTs got an unexpected response`);
  const row = {
    "": postgres.title,
    keys: `${count}`,
    "POSTs sent": `${seen.sent}`,
    "broken by the kill": `${seen.broken}`,
    "in progress (409)": `${seen.underWay}`,
    replayed: `${seen.repeated}`,
    rows: `${rows}`,
    "keys with two responses": `${different}`,
  };
  return { rows: [row], missed };
}

async function send(url: string, key: number) {
  const res = await fetch(`${url}/notes`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": `key-${key}` },
    body: JSON.stringify({ title: `note ${key}`, body: "" }),
  });
  const text = `${res.headers.get("location")} ${await res.text()}`;
  return { status: res.status, isRepeated: res.headers.has("idempotent-replayed"), text };
}

async function countNotes(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>("SELECT count(*) FROM notes");
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}
