// Sends requests of one kind to an operation, and shrinks the first one that shows a problem.
import fc from "fast-check";
import type { Judge, Operation } from "./document";
import type { Draft, Kind } from "./draft";
import { type Response, LateResponse, type Sent, type Service } from "./exchange";
import { problemOf } from "./judge-response";
import type { KnownIds } from "./known-ids";
import type { FuzzOptions } from "./options";

/** A problem, with the smallest input that shows it. */
export interface Finding {
  operation: string;
  /** The rule of the description that the request violates; undefined for none. */
  broken?: string;
  wrong: string;
  sent: Sent;
  /** Undefined if there was none. */
  response?: Response;
}

/** The results of one operation. */
export interface Tried {
  operation: string;
  valid: number;
  invalid: number;
  /** The number of responses by status. */
  statuses: Map<number, number>;
  findings: Finding[];
  /** What was not tried, and why. */
  notes: string[];
  /** Set once a response has timed out. */
  isLate?: true;
}

/** Thrown in a property, so that fast-check shrinks the input. */
class Found extends Error {
  constructor(readonly finding: Finding) {
    super(finding.wrong);
  }
}

/** Shared by the trials of all operations. */
export interface Bench {
  all: readonly Operation[];
  options: FuzzOptions;
  service: Service;
  judge: Judge;
  known: KnownIds;
}

/** Settings of a trial. */
export interface Trial {
  runs: number;
  /** Sent with each request. */
  headers: Readonly<Record<string, string>>;
  tried: Tried;
  bench: Bench;
}

/** The time limit for shrinking, in milliseconds: an input that makes a service hang takes the whole timeout each time. */
const SHRINK_MS = 30_000;

/** Adds a finding to `tried`, unless another kind has found the same. */
export async function tryKind(
  operation: Operation,
  { name, drafts }: Kind,
  { runs, headers, tried, bench }: Trial,
): Promise<void> {
  let smallest: Finding | undefined;
  let shrinkUntil = Infinity;
  const property = fc.asyncProperty(drafts, async (draft) => {
    if (performance.now() > shrinkUntil) return;
    tried[name === "valid" ? "valid" : "invalid"]++;
    try {
      await tryDraft(operation, draft, name === "token" ? {} : headers, tried, bench);
    } catch (err) {
      if (err instanceof Found) smallest = err.finding;
      shrinkUntil = Math.min(shrinkUntil, performance.now() + SHRINK_MS);
      throw err;
    }
  });
  const { errorInstance } = await fc.check(property, {
    numRuns: runs,
    seed: bench.options.seed,
  });
  if (errorInstance && !(errorInstance instanceof Found)) {
    throw new Error(`${operation.name}: the fuzzer failed`, { cause: errorInstance });
  }
  if (smallest && !tried.findings.some((other) => isSame(other, smallest!))) {
    tried.findings.push(smallest);
  }
}

const isSame = (one: Finding, other: Finding): boolean =>
  one.wrong === other.wrong && one.response?.status === other.response?.status;

/** @throws Found when something is wrong with the response. */
async function tryDraft(
  operation: Operation,
  draft: Draft,
  headers: Trial["headers"],
  tried: Tried,
  { service, known, judge }: Bench,
): Promise<void> {
  const params = (draft.known > 0 && known.pick(operation.path, draft.known)) || draft.params;
  const sent = toSend(operation.method, operation.path, {
    ...draft,
    params,
    headers: { ...headers, ...draft.headers },
  });
  const { broken, refusals } = draft;
  const found = (wrong: string, response?: Response) =>
    new Found({ operation: operation.name, broken, wrong, sent, response });
  let response: Response;
  try {
    response = await service.exchange(sent);
  } catch (err) {
    if (err instanceof LateResponse) tried.isLate = true;
    throw found((err as Error).message);
  }
  const { status } = response;
  tried.statuses.set(status, (tried.statuses.get(status) ?? 0) + 1);
  const wrong = problemOf({ operation, broken, refusals }, response, judge);
  if (wrong !== undefined) throw found(wrong, response);
  if (status < 300) known.learn(operation.path, params, response);
  if (status === 404 || (operation.method === "DELETE" && status < 300))
    known.forget(operation.path, params);
}

/** Fills in the path of a draft. */
export function toSend(
  method: string,
  path: string,
  { params, query, headers, body }: Omit<Draft, "known">,
): Sent {
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => params[name] ?? "");
  return {
    method,
    target: query === "" ? filled : `${filled}?${query}`,
    headers,
    ...(body !== undefined && { body }),
  };
}
