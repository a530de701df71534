// Sends requests of one kind to an operation, and shrinks the first one that shows a problem.
import fc from "fast-check";
import { mismatchOf } from "./check-response";
import type { Operation, SchemaValidator } from "./document";
import type { Draft, Kind } from "./draft";
import { type FuzzRequest, type Response, ResponseTimeout, type Service } from "./exchange";
import type { KnownIds } from "./known-ids";
import type { NextPages } from "./next-pages";
import type { FuzzOptions } from "./options";
import { withKnownIds } from "./references";

/** A problem, with the smallest input that shows it. */
export interface Finding {
  operation: string;
  /** The rule of the document that the request violates; undefined for valid input. */
  violation?: string;
  /** How the response differs from what is expected. */
  mismatch: string;
  sent: FuzzRequest;
  /** Undefined if none arrived. */
  response?: Response;
}

/** The results of one operation. */
export interface OperationResult {
  operation: string;
  valid: number;
  invalid: number;
  /** The number of responses by status. */
  statuses: Map<number, number>;
  findings: Finding[];
  /** What was not tried, and why. */
  notes: string[];
  /** Set once a response has timed out. */
  hasTimedOut?: true;
}

/** Thrown in the property, so that fast-check shrinks the input. */
class FindingError extends Error {
  constructor(readonly finding: Finding) {
    super(finding.mismatch);
  }
}

/** Shared by the trials of all operations. */
export interface FuzzContext {
  all: readonly Operation[];
  options: FuzzOptions;
  service: Service;
  validator: SchemaValidator;
  known: KnownIds;
  pages: NextPages;
}

/** How an operation is tried. */
export interface TrialOptions {
  runs: number;
  /** Sent with each request. */
  headers: Readonly<Record<string, string>>;
  result: OperationResult;
  context: FuzzContext;
}

/** The time limit for shrinking, in milliseconds. Each input that makes the service hang takes the whole timeout. */
const MAX_SHRINK_MS = 30_000;

/** Adds a finding to `result`, unless another kind has found the same. */
export async function tryKind(
  operation: Operation,
  { name, drafts }: Kind,
  { runs, headers, result, context }: TrialOptions,
): Promise<void> {
  let smallest: Finding | undefined;
  let shrinkUntil = Infinity;
  const property = fc.asyncProperty(drafts, async (draft) => {
    if (performance.now() > shrinkUntil) return;
    result[name === "valid" ? "valid" : "invalid"]++;
    try {
      await tryDraft(operation, draft, name === "token" ? {} : headers, result, context);
    } catch (err) {
      if (err instanceof FindingError) smallest = err.finding;
      shrinkUntil = Math.min(shrinkUntil, performance.now() + MAX_SHRINK_MS);
      throw err;
    }
  });
  const { errorInstance } = await fc.check(property, {
    numRuns: runs,
    seed: context.options.seed,
  });
  if (errorInstance && !(errorInstance instanceof FindingError)) {
    throw new Error(`${operation.name}: the fuzzer failed`, { cause: errorInstance });
  }
  if (smallest && !result.findings.some((other) => isSame(other, smallest!))) {
    result.findings.push(smallest);
  }
}

const isSame = (one: Finding, other: Finding): boolean =>
  one.mismatch === other.mismatch && one.response?.status === other.response?.status;

/** @throws FindingError when the response is not as expected, or there is none. */
async function tryDraft(
  operation: Operation,
  generated: Draft,
  headers: TrialOptions["headers"],
  result: OperationResult,
  context: FuzzContext,
): Promise<void> {
  const { service, known, pages, validator } = context;
  const { params, ...draft } = withKnown(operation, generated, context);
  const sent = toRequest(operation.method, operation.path, {
    ...draft,
    params,
    headers: { ...headers, ...draft.headers },
  });
  const { violation, rejectStatuses } = draft;
  const found = (mismatch: string, response?: Response) =>
    new FindingError({ operation: operation.name, violation, mismatch, sent, response });
  let response: Response;
  try {
    response = await service.exchange(sent);
  } catch (err) {
    if (err instanceof ResponseTimeout) result.hasTimedOut = true;
    throw found((err as Error).message);
  }
  const { status } = response;
  result.statuses.set(status, (result.statuses.get(status) ?? 0) + 1);
  const mismatch = mismatchOf({ operation, violation, rejectStatuses }, response, validator);
  if (mismatch !== undefined) throw found(mismatch, response);
  if (status < 300) known.learn(operation.path, params, response);
  if (status < 300 && operation.method === "GET") pages.learn(operation.path, params, response);
  if (status === 404 || (operation.method === "DELETE" && status < 300))
    known.forget(operation.path, params);
}

/** Refers to what earlier responses have had: ids in the path and, in some valid drafts, in the body, and next pages. */
function withKnown(operation: Operation, draft: Draft, context: FuzzContext): Draft {
  const { known, pages, validator } = context;
  const { path, method, body: schema } = operation;
  const { known: index, violation, body } = draft;
  if (index === 0) return draft;
  const params = known.pick(path, index) ?? draft.params;
  if (violation !== undefined || index % 4 === 0) return { ...draft, params };
  if (method === "GET" && index % 2 === 0) return { ...draft, params, ...pages.pick(path, index) };
  if (!schema || typeof body !== "string") return { ...draft, params };
  const value = withKnownIds(JSON.parse(body), schema, { known, validator, index });
  return { ...draft, params, body: JSON.stringify(value) };
}

/** Fills in the path's parameters. */
export function toRequest(
  method: string,
  path: string,
  { params, query, headers, body }: Omit<Draft, "known">,
): FuzzRequest {
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => params[name] ?? "");
  return {
    method,
    target: query === "" ? filled : `${filled}?${query}`,
    headers,
    ...(body !== undefined && { body }),
  };
}
