// Checks the clauses concurrently, and skips those whose result would mean nothing after another failure.
import { InconclusiveError, type Clause, fail, type Level, type Outcome, skip } from "./clause";
import { NotUp } from "./startup";
import { type Context, createContext } from "./context";
import { MissingResponse } from "./harness/missing-response";
import type { Queue } from "./queue";
import type { Probe } from "./probes/probe";
import type { Settings } from "./settings";
import { describeOutput, describeExit } from "./wording";

/** The outcome of a clause's check, and its level on the chosen platform. */
export interface ClauseResult {
  readonly clause: Clause;
  readonly outcome: Outcome;
  readonly level: Level;
}

/** How the checks are run, and callbacks that report progress. */
export interface CheckOptions {
  /** Limits how many checks run at a time; may be shared between programs. */
  readonly enqueue: Queue;
  readonly onBegin?: (clause: Clause) => void;
  readonly onEnd?: (clause: Clause) => void;
  /** Called in the order of the clauses. */
  readonly onResult?: (result: ClauseResult) => void;
}

type Outcomes = Map<string, Promise<Outcome>>;
type Failure = Extract<Outcome, { status: "fail" }>;

// If one of these fails, no other clause can be checked: the program exits, does not listen, daemonises, or speaks
// another protocol. In the order in which a failure is reported.
const gates: readonly string[] = ["B10", "B1", "B9", "H1", "N1"];

/** Checks the clauses. Resolves to the results, in the order of the clauses. */
export async function checkClauses(
  clauses: readonly Clause[],
  settings: Settings,
  probe: Probe,
  { enqueue, onBegin, onEnd, onResult }: CheckOptions,
): Promise<ClauseResult[]> {
  const run = (clause: Clause) =>
    enqueue(async () => {
      onBegin?.(clause);
      return check(clause, settings, probe).finally(() => onEnd?.(clause));
    });
  const outcomes: Outcomes = new Map();
  for (const clause of clauses)
    // Deferred until every clause is in the map, since clauses wait for each other.
    outcomes.set(
      clause.id,
      Promise.resolve().then(() => outcomeOf(clause, probe, outcomes, run)),
    );
  const results: ClauseResult[] = [];
  for (const clause of clauses) {
    const outcome = (await outcomes.get(clause.id)) ?? skip("not checked");
    const result = { clause, outcome, level: levelOf(clause, outcome, settings) };
    results.push(result);
    onResult?.(result);
  }
  return results;
}

/** Waits for the clauses that this one depends on, and runs its check unless one of them failed. */
async function outcomeOf(
  clause: Clause,
  probe: Probe,
  outcomes: Outcomes,
  run: (clause: Clause) => Promise<Outcome>,
): Promise<Outcome> {
  if (clause.protocol && clause.protocol !== probe.name)
    return skip(`is about HTTP, and the probe is ${probe.name}`);
  const skipped = skipIfFailed(prerequisitesOf(clause), outcomes);
  if (!gates.includes(clause.id)) return (await skipped) ?? run(clause);
  // Gates run concurrently, because B10 takes 3 s; if several fail, only the first one is reported.
  const outcome = await run(clause);
  return (await skipped) ?? outcome;
}

function prerequisitesOf({ id, needs = [] }: Clause): readonly string[] {
  const place = gates.indexOf(id);
  return place < 0 ? [...gates, ...needs] : gates.slice(0, place);
}

/** A skip that names the first of these clauses that failed, if one did. Clauses that were not selected count as passed. */
async function skipIfFailed(
  ids: readonly string[],
  outcomes: Outcomes,
): Promise<Outcome | undefined> {
  for (const id of ids) {
    const outcome = await outcomes.get(id);
    if (outcome?.status === "fail" && !outcome.harmless) return skip(`${id} failed`);
  }
  return undefined;
}

async function check(clause: Clause, settings: Settings, probe: Probe): Promise<Outcome> {
  const context = createContext(settings, probe);
  try {
    const outcome = await clause.check(context).catch(outcomeOfError);
    return outcome.status === "fail" ? await withCrash(outcome, context) : outcome;
  } finally {
    await context.reap();
  }
}

/** Only errors that the program under test causes are failures. A bug in the kit is thrown. */
function outcomeOfError(error: unknown): Outcome {
  if (error instanceof InconclusiveError) return skip(error.message);
  if (error instanceof NotUp || error instanceof MissingResponse) return fail(error.message);
  throw error;
}

/** If the program crashed during the check, adds its exit, which is the cause of the failure. */
async function withCrash(outcome: Failure, { findCrashed }: Context): Promise<Outcome> {
  const run = await findCrashed();
  const exit = run?.unexpectedExit();
  if (!run || !exit || outcome.seen.includes(describeExit(exit))) return outcome;
  const cause = `without a signal, it ${describeExit(exit)}; ${describeOutput(run.output)}`;
  return { ...outcome, seen: `${outcome.seen}; ${cause}` };
}

function levelOf({ id, level }: Clause, outcome: Outcome, { platform }: Settings): Level {
  if (platform.demands.includes(id)) return "MUST";
  return (outcome.status === "fail" && outcome.level) || level;
}
