// Verifies that the contenders do equal work, because otherwise their ratios are meaningless.
import { deepStrictEqual } from "node:assert/strict";
import { type Response, send } from "port-contract/harness";
import type { Contender } from "./contenders";
import { type Probe, probesOf, SANE_ID } from "./probes";
import { type Server, startContender } from "./server-process";
import type { Workload } from "./workloads";

/** What must be equal in every contender, for one probe. */
interface Evidence {
  status: number;
  headers: Record<string, string | undefined>;
  body: unknown;
  keepsRequestId: boolean;
  logLine: unknown;
}

/** Not compared, because Node adds them. */
const IGNORED_HEADERS = ["date", "connection", "keep-alive"];
const RESPONSE_LIMIT_MS = 5000;
const LOG_TIMEOUT_MS = 3000;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * Sends the same requests to every contender, and compares responses and log lines.
 * @throws Error with the differences
 */
export async function assertEqualWork(
  contenders: readonly Contender[],
  work: Workload,
  node: string,
): Promise<void> {
  const probes = probesOf(work);
  let reference: Evidence[] | undefined;
  for (const contender of contenders) {
    const server = await startContender(contender, { node, env: work.env, log: "kept" });
    const found = await collect(server, probes);
    await server.stop();
    reference ??= found;
    for (const [i, probe] of probes.entries()) {
      const message = `${contender.title} does not do the same work as ${contenders[0]?.title}: ${probe.name}`;
      compare(found[i], reference[i], message);
    }
  }
}

function compare(found: unknown, expected: unknown, message: string): void {
  try {
    deepStrictEqual(found, expected);
  } catch (err) {
    throw new Error(`${message}\n${(err as Error).message}`, { cause: err });
  }
}

async function collect(server: Server, probes: readonly Probe[]): Promise<Evidence[]> {
  const responses: Response[] = [];
  const address = { host: "127.0.0.1", port: server.port };
  for (const probe of probes) responses.push(await send(address, probe, RESPONSE_LIMIT_MS));
  const requestLines = await readRequestLines(server, probes.length);
  return probes.map((probe, i) => evidence(probe, responses[i] as Response, requestLines[i]));
}

/** Waits for buffered lines. */
async function readRequestLines({ output }: Server, count: number): Promise<LogLine[]> {
  const isRequest = (line: string) => line.includes('"msg":"request"');
  await output.shows(() => output.lines().filter(isRequest).length >= count, LOG_TIMEOUT_MS);
  return output
    .lines()
    .filter(isRequest)
    .map((line) => JSON.parse(line) as LogLine);
}

type LogLine = Record<string, unknown>;

function evidence(probe: Probe, response: Response, logLine: LogLine = {}): Evidence {
  const { status, body } = response;
  const { "x-request-id": requestId = "", ...rest } = response.headers;
  const headers: Record<string, string> = { ...rest };
  for (const name of IGNORED_HEADERS) delete headers[name];
  // Stock Express adds an ETag to errors, too, where it is useless.
  if (status >= 400) delete headers.etag;
  const isKept = probe.headers["x-request-id"] === SANE_ID;
  if (probe.compare === "shape") {
    delete headers["content-length"];
    if (headers.etag) headers.etag = "of another body";
  }
  if (headers.location) headers.location = headers.location.replace(/\d+/, "ID");
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).sort()),
    body: probe.compare === "shape" ? shapeOf(JSON.parse(body)) : body,
    keepsRequestId: isKept ? requestId === SANE_ID : !UUID.test(requestId),
    logLine: loggedFacts(logLine, requestId),
  };
}

/** The fields in their order, with values only where those must be equal. Only Berth logs the route, and a trace. */
function loggedFacts(line: LogLine, id: string) {
  const { level, method, path, status, client, msg, route: _, traceId: _trace, ...rest } = line;
  const isSameId = rest.requestId === id;
  return { level, method, path, status, client, msg, isSameId, rest: shapeOf(rest) };
}

/** Replaces values by their types; a list by that of its first item. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}
