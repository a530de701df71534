// The requests whose answers show that two contenders do the same work.
import type { Work } from "./works";

/** A request, and how much of its answer must be the same everywhere. */
export interface Probe {
  name: string;
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** Errors are worded by each library in its own way: only their shape is compared. */
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

/** A client that has the answer already, and what goes wrong, wherever there are routes that can. */
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

/** All that show it for a work: its own, and those that go wrong. */
export const probesOf = (work: Work): Probe[] =>
  [probeOf(work), ...(work.needsDatabase ? [] : others)].map((probe) => ({
    ...probe,
    headers: { ...probe.headers, ...work.headers },
  }));

/** The work's own request, with a request id to keep. */
function probeOf({ name, method, path, body, status, needsDatabase }: Work): Probe {
  const headers = { ...json, "x-request-id": SANE_ID };
  // A new ship's id and time differ.
  const compare = status >= 400 || (needsDatabase && method === "POST") ? "shape" : "body";
  return { name, method, path, headers, body, compare };
}
