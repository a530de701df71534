// How the doctor runs its checks.
import { setTimeout as delay } from "node:timers/promises";
import { runChecks, type Check, type Finding } from "../../src/doctor/check";
import { createContext } from "../../src/doctor/context";
import { describeFinding, hasErrors, summarize } from "../../src/doctor/report";

const context = createContext("/app", {}, {});
const finding = (level: Finding["level"], message: string): Finding => ({ level, message });
const load = (check: Check) => () => Promise.resolve(check);

describe("runChecks", () => {
  it("lists the worst first, each with its check's name", async () => {
    const checks = {
      a: load(() => [finding("note", "1"), finding("warning", "2")]),
      b: load(() => Promise.resolve([finding("error", "3")])),
    };
    expect(await runChecks(checks, context, 60_000)).toEqual([
      { check: "b", level: "error", message: "3" },
      { check: "a", level: "warning", message: "2" },
      { check: "a", level: "note", message: "1" },
    ]);
  });

  it("reports a check that fails, and runs the others", async () => {
    const checks = {
      broken: load(() => {
        throw new Error("no such table\nat query");
      }),
      other: load(() => [finding("error", "found")]),
    };
    expect(await runChecks(checks, context, 60_000)).toEqual([
      { check: "other", level: "error", message: "found" },
      {
        check: "broken",
        level: "warning",
        message: "not checked, because the check itself failed: no such table",
      },
    ]);
  });

  it("only notes a check whose package is not installed", async () => {
    const error = new Error("Cannot find module 'pg'\nRequire stack: …");
    const checks = {
      clock: () => Promise.reject(Object.assign(error, { code: "MODULE_NOT_FOUND" })),
    };
    expect(await runChecks(checks, context, 60_000)).toEqual([
      { check: "clock", level: "note", message: "not checked: Cannot find module 'pg'" },
    ]);
  });

  it("gives up a check that does not end, and aborts it", async () => {
    let isAborted = false;
    const checks = {
      endless: load(async (_context, signal) => {
        signal.addEventListener("abort", () => (isAborted = true));
        await delay(2 ** 31 - 1, undefined, { ref: false });
        return [];
      }),
    };
    expect(await runChecks(checks, context, 0)).toEqual([
      { check: "endless", level: "note", message: "not checked: it took longer than 0 s" },
    ]);
    expect(isAborted).toBe(true);
  });
});

describe("the report", () => {
  const found = { check: "ports", ...finding("error", "port 5000 is in use"), cure: "Stop it" };

  it("has a finding's cure below it", () => {
    expect(describeFinding(found, false)).toBe(
      "error    ports: port 5000 is in use\n         Stop it",
    );
    expect(describeFinding(found, true)).toBe(
      "\x1b[31merror  \x1b[0m  ports: port 5000 is in use\n         Stop it",
    );
  });

  it("ends with a line for terminals", () => {
    const warning = { check: "npm", ...finding("warning", "old") };
    expect(summarize([found, warning, warning], 17, 1234)).toBe(
      "1 error, 2 warnings: 17 checks in 1.2 s",
    );
    expect(summarize([], 17, 1234)).toBe("nothing to fix: 17 checks in 1.2 s");
  });

  it("fails for errors only", () => {
    expect(hasErrors([found])).toBe(true);
    expect(hasErrors([{ check: "npm", ...finding("warning", "old") }])).toBe(false);
  });
});
