// The order of the checks, with made-up clauses: which one waits for which, and which ones are skipped.
import { InconclusiveError, type Clause, fail, type Outcome, pass } from "../src/clause";
import { NotUp } from "../src/startup";
import { commandFrom } from "../src/command";
import { checkClauses } from "../src/check-clauses";
import { parseOptions } from "../src/options";
import { createQueue } from "../src/queue";
import { keepsContract } from "../src/report";

const words = { title: "", demandedBy: "", breaksOn: "", fix: "", procedure: "" };

function clause(id: string, check: () => Outcome, more: Partial<Clause> = {}): Clause {
  // Not `async`, so that synchronous throws are tested, too.
  return { id, level: "MUST", ...words, check: () => Promise.resolve().then(check), ...more };
}

function resultsFor(clauses: readonly Clause[], args: readonly string[] = []) {
  const { about, probe } = parseOptions(args);
  return checkClauses(clauses, { ...about, command: commandFrom(["true"]) }, probe, {
    enqueue: createQueue(4),
  });
}

const broken = () => fail("no");
const kept = () => pass("yes");
const throwing = (error: Error) => () => {
  throw error;
};

describe("checkClauses()", () => {
  it("skips every clause when a gate fails, and names the most fundamental one", async () => {
    const results = await resultsFor([
      clause("B1", broken),
      clause("B10", broken),
      clause("D1", kept),
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual([
      { status: "skip", reason: "B10 failed" },
      { status: "fail", seen: "no" },
      { status: "skip", reason: "B10 failed" },
    ]);
  });

  it("skips a clause whose prerequisite failed", async () => {
    const results = await resultsFor([clause("D1", broken), clause("D7", kept, { needs: ["D1"] })]);
    expect(results[1]?.outcome).toEqual({ status: "skip", reason: "D1 failed" });
  });

  it("continues after a harmless failure of a gate", async () => {
    const harmless = () => fail("a PID file", { harmless: true });
    const results = await resultsFor([clause("B9", harmless), clause("D1", kept)]);
    expect(results[1]?.outcome.status).toBe("pass");
  });

  it("skips clauses about HTTP with another probe", async () => {
    const results = await resultsFor(
      [clause("H1", kept, { protocol: "http" })],
      ["--probe", "redis"],
    );
    expect(results[0]?.outcome.status).toBe("skip");
  });

  it("fails a clause whose program does not start, and skips one that cannot be resultsFor", async () => {
    const results = await resultsFor([
      clause("D1", throwing(new NotUp("exited"))),
      clause("D2", throwing(new InconclusiveError("too fast"))),
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual([
      { status: "fail", seen: "exited" },
      { status: "skip", reason: "too fast" },
    ]);
  });

  it("rethrows errors of the kit itself", async () => {
    for (const mistake of [
      new TypeError("oops"),
      Object.assign(new Error("oops"), { syscall: "open" }),
    ])
      await expect(resultsFor([clause("D1", throwing(mistake))])).rejects.toThrow("oops");
  });

  it("treats a SHOULD as a MUST if the platform requires it", async () => {
    const readiness = clause("H5", broken, { level: "SHOULD" });
    expect(keepsContract(await resultsFor([readiness]))).toBe(true);
    expect(keepsContract(await resultsFor([readiness], ["--platform", "kubernetes"]))).toBe(false);
  });

  it("treats a failure of the weaker half of a MUST as a SHOULD", async () => {
    const forced = clause("D7", () => fail("0 after a forced drain", { level: "SHOULD" }));
    expect(keepsContract(await resultsFor([forced]))).toBe(true);
  });
});
