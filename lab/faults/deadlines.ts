// Experiment: callers set deadlines, while the upstream hangs, and while it is slow.
import type { Finding } from "../experiments/run";
import { ask } from "./ask";
import type { Options } from "./options";
import { count, slowest } from "./observations";
import { startSubject } from "./subject";
import { jsonResponse, type Behaviour, startUpstream } from "./upstream";

const HEADER = "x-envoy-expected-rq-timeout-ms";

/** The deadline that a caller sets, and the time limit for its response, in milliseconds, with a margin for a slow machine. */
const SAID: readonly [string | undefined, number][] = [
  [undefined, 7000],
  ["200", 1200],
  ["1", 1000],
  ["0", 1000],
  ["-5", 7000],
  ["soon", 7000],
  ["99999999999", 7000],
];

/** How long the slow upstream takes, and the deadline of impatient callers, in milliseconds. */
const SLOW_MS = 200;
const IMPATIENT = { headers: { [HEADER]: "50" } };
const IMPATIENT_CALLS = 40;

const slow: Behaviour = {
  onRequest: (socket) =>
    void setTimeout(() => socket.write(jsonResponse(200, '{"name":"Ada"}')), SLOW_MS),
};

/** Calls with each deadline. */
export async function deadlines({ node }: Options): Promise<Finding> {
  const rows: Record<string, string>[] = [];
  const missed: string[] = [];
  for (const [said, mostMs] of SAID) {
    const [upstream, well] = [await startUpstream({}), await startUpstream()];
    const subject = await startSubject(node, { stockUrl: upstream.url, otherUrl: well.url });
    const headers: Record<string, string> = said === undefined ? {} : { [HEADER]: said };
    // Loads the client.
    await ask(subject.port, "/other");
    const { status, tookMs, body } = await ask(subject.port, "/ask", { headers });
    const passedOn = upstream.requests.map(({ head }) => valueOf(head)).join(", ");
    rows.push({
      "the caller says": said ?? "nothing",
      status: `${status}`,
      ms: tookMs.toFixed(0),
      "passed on": passedOn || "not called",
      detail: String(body.detail),
    });
    if (status !== 504 || tookMs > mostMs) missed.push(`${said}: ${status} after ${tookMs} ms`);
    if (said === "0" && upstream.requests.length > 0)
      missed.push("0: the upstream was called nevertheless");
    await subject.end();
    await upstream.stop();
    await well.stop();
  }
  const impatience = await withImpatient(node);
  return {
    rows: [...rows, ...impatience.rows],
    missed: [...missed, ...impatience.missed],
  };
}

/** Callers with too short a deadline must not affect the others. */
async function withImpatient(node: string): Promise<Finding> {
  const upstream = await startUpstream(slow);
  const subject = await startSubject(node, { stockUrl: upstream.url });
  for (let call = 0; call < IMPATIENT_CALLS; call++) await ask(subject.port, "/ask", IMPATIENT);
  const patient = await Promise.all(Array.from({ length: 10 }, () => ask(subject.port, "/ask")));
  await subject.end();
  await upstream.stop();
  const statuses = count(patient.map(({ status }) => `${status}`));
  const row = {
    "the caller says": `nothing, after ${IMPATIENT_CALLS} callers that allowed 50 of ${SLOW_MS} ms`,
    status: statuses,
    ms: slowest(patient).toFixed(0),
    "passed on": "",
    detail: "",
  };
  const isTouched = patient.some(({ status, tookMs }) => status !== 200 || tookMs > SLOW_MS + 500);
  return { rows: [row], missed: isTouched ? ["impatient callers affected the others"] : [] };
}

const valueOf = (head: string): string =>
  new RegExp(`^${HEADER}: (.*)$`, "m").exec(head)?.[1] ?? "";
