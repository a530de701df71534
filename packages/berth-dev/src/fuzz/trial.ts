// Tries requests of one kind on an operation, and shrinks the first that finds something.
import fc from "fast-check";
import type { FuzzOptions } from "./fuzz";
import type { Judge, Operation } from "./document";
import { type Answer, LateAnswer, type Sent, type Service } from "./exchange";
import { faultOf } from "./judge-answer";
import type { KnownIds } from "./known-ids";
import type { Draft, Kind } from "./requests";

/** Something that is wrong, with the smallest input that shows it. */
export interface Finding {
  operation: string;
  /** What of the description was broken on purpose; undefined for nothing. */
  broken?: string;
  wrong: string;
  sent: Sent;
  /** Undefined when there was none. */
  answer?: Answer;
}

/** What became of one operation. */
export interface Tried {
  operation: string;
  valid: number;
  invalid: number;
  /** How often each status came. */
  statuses: Map<number, number>;
  findings: Finding[];
  /** What has not been tried, and why. */
  notes: string[];
  /** Set once an answer was waited for in vain. */
  isLate?: true;
}

/** Thrown in a property, so that it is shrunk. */
class Found extends Error {
  constructor(readonly finding: Finding) {
    super(finding.wrong);
  }
}

/** What all operations are tried with. */
export interface Bench {
  all: readonly Operation[];
  options: FuzzOptions;
  service: Service;
  judge: Judge;
  known: KnownIds;
}

/** How one kind is tried. */
export interface Trial {
  runs: number;
  /** What comes with each request. */
  headers: Readonly<Record<string, string>>;
  tried: Tried;
  bench: Bench;
}

/** How long a smaller input is looked for, in milliseconds: what makes a service hang takes its time. */
const SHRINK_MS = 30_000;

/** Adds to `tried` what it finds, unless the same has been found in another way. */
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
  one.wrong === other.wrong && one.answer?.status === other.answer?.status;

/** @throws Found when something is wrong with the answer. */
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
  const found = (wrong: string, answer?: Answer) =>
    new Found({ operation: operation.name, broken, wrong, sent, answer });
  let answer: Answer;
  try {
    answer = await service.exchange(sent);
  } catch (err) {
    if (err instanceof LateAnswer) tried.isLate = true;
    throw found((err as Error).message);
  }
  const { status } = answer;
  tried.statuses.set(status, (tried.statuses.get(status) ?? 0) + 1);
  const wrong = faultOf({ operation, broken, refusals }, answer, judge);
  if (wrong !== undefined) throw found(wrong, answer);
  if (status < 300) known.learn(operation.path, params, answer);
  if (status === 404 || (operation.method === "DELETE" && status < 300))
    known.forget(operation.path, params);
}

/** The request that a draft stands for. */
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
