// Runs the checks concurrently, and skips those that a failed clause makes meaningless.
import { CannotJudge, type Clause, fail, type Level, type Outcome, skip } from "./clause";
import { NotUp } from "./startup";
import { type Context, createContext } from "./context";
import { MissingAnswer } from "./harness/missing-answer";
import type { Queue } from "./queue";
import type { Probe } from "./probes/probe";
import type { Settings } from "./settings";
import { lastWords, shortExit } from "./wording";

/** A clause, the outcome of its check, and its level on the chosen platform. */
export interface Verdict {
  readonly clause: Clause;
  readonly outcome: Outcome;
  readonly level: Level;
}

/** How the checks are run, and callbacks that report progress. */
export interface JudgeOptions {
  /** Limits how many checks run at a time; may be shared between programs. */
  readonly enqueue: Queue;
  readonly onBegin?: (clause: Clause) => void;
  readonly onEnd?: (clause: Clause) => void;
  /** Called in the order of the clauses. */
  readonly onVerdict?: (verdict: Verdict) => void;
}

type Outcomes = Map<string, Promise<Outcome>>;
type Failure = Extract<Outcome, { status: "fail" }>;

// If one of these fails, no other clause can be checked: the program exits, does not listen, daemonises, or speaks
// another protocol. The most fundamental one comes first.
const gates: readonly string[] = ["B10", "B1", "B9", "H1", "N1"];

/** Checks the clauses and resolves to the verdicts, in the order of the clauses. */
export async function judge(
  clauses: readonly Clause[],
  settings: Settings,
  probe: Probe,
  { enqueue, onBegin, onEnd, onVerdict }: JudgeOptions,
): Promise<Verdict[]> {
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
  const verdicts: Verdict[] = [];
  for (const clause of clauses) {
    const outcome = (await outcomes.get(clause.id)) ?? skip("not checked");
    const verdict = { clause, outcome, level: levelOf(clause, outcome, settings) };
    verdicts.push(verdict);
    onVerdict?.(verdict);
  }
  return verdicts;
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
  const obstacle = firstBroken(prerequisitesOf(clause), outcomes);
  if (!gates.includes(clause.id)) return (await obstacle) ?? run(clause);
  // Gates run concurrently, because B10 takes 3 s; if several fail, only the most fundamental one is reported.
  const outcome = await run(clause);
  return (await obstacle) ?? outcome;
}

function prerequisitesOf({ id, needs = [] }: Clause): readonly string[] {
  const place = gates.indexOf(id);
  return place < 0 ? [...gates, ...needs] : gates.slice(0, place);
}

/** A skip that names the first of these clauses that failed. Clauses that were not selected count as passed. */
async function firstBroken(
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
    return outcome.status === "fail" ? await withCauseOfDeath(outcome, context) : outcome;
  } finally {
    await context.reap();
  }
}

/** Only errors that the program caused are failures; a bug in the kit must not look like one. */
function outcomeOfError(error: unknown): Outcome {
  if (error instanceof CannotJudge) return skip(error.message);
  if (error instanceof NotUp || error instanceof MissingAnswer) return fail(error.message);
  throw error;
}

/** Adds the exit of a program that ended on its own, since that is why the check failed. */
async function withCauseOfDeath(outcome: Failure, { dead }: Context): Promise<Outcome> {
  const run = await dead();
  const exit = run?.death();
  if (!run || !exit || outcome.seen.includes(shortExit(exit))) return outcome;
  const cause = `without a signal, it ${shortExit(exit)}; ${lastWords(run.output)}`;
  return { ...outcome, seen: `${outcome.seen}; ${cause}` };
}

function levelOf({ id, level }: Clause, outcome: Outcome, { platform }: Settings): Level {
  if (platform.demands.includes(id)) return "MUST";
  return (outcome.status === "fail" && outcome.level) || level;
}
