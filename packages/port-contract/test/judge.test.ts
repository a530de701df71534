// The order of the checks, with clauses made up for the purpose: who waits for whom, and who is skipped for whom.
import { CannotJudge, type Clause, fail, type Outcome, pass } from "../src/clause";
import { NotUp } from "../src/come-up";
import { commandFrom } from "../src/command";
import { judge } from "../src/judge";
import { parseOptions } from "../src/options";
import { createQueue } from "../src/queue";
import { keepsContract } from "../src/report";

const words = { title: "", demandedBy: "", breaksOn: "", mend: "", procedure: "" };

function clause(id: string, check: () => Outcome, more: Partial<Clause> = {}): Clause {
  // Not `async`, so that what a check throws at once is tried as well.
  return { id, level: "MUST", ...words, check: () => Promise.resolve().then(check), ...more };
}

function judged(clauses: readonly Clause[], args: readonly string[] = []) {
  const { about, probe } = parseOptions(args);
  return judge(clauses, { ...about, command: commandFrom(["true"]) }, probe, {
    enqueue: createQueue(4),
  });
}

const broken = () => fail("no");
const kept = () => pass("yes");
const throwing = (error: Error) => () => {
  throw error;
};

describe("judge()", () => {
  it("skips every clause when a gate is broken, and names the most fundamental one", async () => {
    const verdicts = await judged([
      clause("B1", broken),
      clause("B10", broken),
      clause("D1", kept),
    ]);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual([
      { status: "skip", reason: "B10 is broken" },
      { status: "fail", seen: "no" },
      { status: "skip", reason: "B10 is broken" },
    ]);
  });

  it("skips a clause whose prerequisite is broken", async () => {
    const verdicts = await judged([clause("D1", broken), clause("D7", kept, { needs: ["D1"] })]);
    expect(verdicts[1]?.outcome).toEqual({ status: "skip", reason: "D1 is broken" });
  });

  it("goes on after a harmless failure of a gate", async () => {
    const harmless = () => fail("a PID file", { harmless: true });
    const verdicts = await judged([clause("B9", harmless), clause("D1", kept)]);
    expect(verdicts[1]?.outcome.status).toBe("pass");
  });

  it("skips clauses about HTTP with another probe", async () => {
    const verdicts = await judged([clause("H1", kept, { protocol: "http" })], ["--probe", "redis"]);
    expect(verdicts[0]?.outcome.status).toBe("skip");
  });

  it("fails a clause whose program does not come up, and skips one that cannot be judged", async () => {
    const verdicts = await judged([
      clause("D1", throwing(new NotUp("exited"))),
      clause("D2", throwing(new CannotJudge("too fast"))),
    ]);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual([
      { status: "fail", seen: "exited" },
      { status: "skip", reason: "too fast" },
    ]);
  });

  it("hides no mistake of the kit behind a verdict", async () => {
    for (const mistake of [
      new TypeError("oops"),
      Object.assign(new Error("oops"), { syscall: "open" }),
    ])
      await expect(judged([clause("D1", throwing(mistake))])).rejects.toThrow("oops");
  });

  it("counts a SHOULD for a MUST where the platform demands it", async () => {
    const readiness = clause("H5", broken, { level: "SHOULD" });
    expect(keepsContract(await judged([readiness]))).toBe(true);
    expect(keepsContract(await judged([readiness], ["--platform", "kubernetes"]))).toBe(false);
  });

  it("counts the weaker half of a MUST for what it is", async () => {
    const forced = clause("D7", () => fail("0 after a forced drain", { level: "SHOULD" }));
    expect(keepsContract(await judged([forced]))).toBe(true);
  });
});
