// Requests whose responses show whether contenders do the same work.
import type { Workload } from "./workloads";

/** A request, and how its responses are compared. */
export interface Probe {
  name: string;
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** `shape` for errors, because each library words them differently. */
  compare: "body" | "shape";
}

/** A request id that every contender must keep. */
export const SANE_ID = "probe-1.a:b";
const INSANE_ID = "not sane";

const json = { "content-type": "application/json", "x-request-id": INSANE_ID };

const failing = (
  name: string,
  method: string,
  path: string,
  body?: string,
  headers: Readonly<Record<string, string>> = json,
): Probe => ({ name, method, path, headers, body, compare: "shape" });

const TOO_LARGE = JSON.stringify({ note: "a".repeat(102_400) });

/** A conditional request, and requests that fail. */
const others: readonly Probe[] = [
  {
    name: "unchanged",
    method: "GET",
    path: "/json",
    headers: { ...json, "if-none-match": "*" },
    compare: "body",
  },
  failing("no such path", "GET", "/nothing/here"),
  failing("malformed id", "GET", "/things/forty-two?x=7"),
  failing("malformed query", "GET", "/things/42?x=seven"),
  failing("unknown parameter", "GET", "/things/42?x=7&y=8"),
  failing("fields missing", "POST", "/orders", "{}"),
  failing("malformed body", "POST", "/orders", "{"),
  failing("too large a body", "POST", "/orders", TOO_LARGE),
];

/** All probes of a workload: its own request, and those that fail. */
export const probesOf = (work: Workload): Probe[] =>
  [probeOf(work), ...(work.needsDatabase ? [] : others)].map((probe) => ({
    ...probe,
    headers: { ...probe.headers, ...work.headers },
  }));

/** The workload's own request, with a request id that must be kept. */
function probeOf({ name, method, path, body, status, needsDatabase }: Workload): Probe {
  const headers = { ...json, "x-request-id": SANE_ID };
  // A new ship's id and time differ.
  const compare = status >= 400 || (needsDatabase && method === "POST") ? "shape" : "body";
  return { name, method, path, headers, body, compare };
}
