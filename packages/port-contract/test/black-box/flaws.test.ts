// Each check can fail: every deliberately broken server fails exactly the clauses that it breaks.
import { loadClauses } from "../../src/catalogue";
import { confined } from "../../src/system/confine";
import { flaws } from "../servers/flaws";
import { failures, provideScratch, serverLine, resultsOn } from "../support";

jest.setTimeout(240_000);
provideScratch();

// H3 takes half a minute to fail, and N1 is about other protocols; both have their own tests.
const testedElsewhere = ["H3", "N1"];
const cannotTry = canConfine() ? [] : ["B8"];

function canConfine(): boolean {
  try {
    return Boolean(confined(["true"]));
  } catch {
    return false;
  }
}

const clauses = loadClauses();
const decisive = new Set(clauses.flatMap(({ needs = [] }) => needs));

const breaksOf = (...names: readonly string[]) =>
  names.flatMap((name) => flaws[name]?.breaks ?? []).filter((id) => !cannotTry.includes(id));

// Groups of flaws that do not interfere, because running every clause on every flaw is slow. A server that does not
// listen, or that exits, fails before any other clause is checked, so its flaw is alone.
const together = [
  ["ignores PORT"],
  ["speaks TLS only"],
  ["daemonises"],
  ["exits on the end of stdin"],
  [
    "never exits",
    ...["binds loopback only", "reports success on a port in use", "trusts X-Forwarded-For"],
    "has a hard-coded upstream",
  ],
  [
    "exits at once",
    ...["binds IPv4 only", "passes PORT to listen unparsed", "has no readiness endpoint"],
    "writes a log file",
  ],
  [
    "has no signal handler",
    ...["accepts any number as a port", "opens a second port", "keeps state in memory"],
    "exits when its stdout is closed",
  ],
  [
    "runs behind a shell",
    ...["binds before it is ready", "closes idle connections after 5 s"],
    ...["stays ready while draining", "buffers its output unless on a terminal"],
  ],
  [
    "accepts and drops connections while draining",
    ...["sends no Connection: close while draining", "is kept alive by idle sockets"],
    ...["exits with 3 after a clean drain", "ignores SIGINT", "cannot share its port"],
    "writes into its working directory",
  ],
  [
    "is kept alive by upgraded sockets",
    ...["exits on the second SIGTERM", "exits with 0 after a forced drain", "has no drain delay"],
    ...["fails on its own stale lock", "accepts LISTEN_FDS of another process"],
    ...["writes a PID file", "buffers its output until it exits"],
  ],
];

const accompanied = together.filter(({ length }) => length > 1).flat();

describe("a flaw", () => {
  it.concurrent.each(accompanied)("fails its clauses: %s", async (name) => {
    const breaks = breaksOf(name);
    const seen = failures(await resultsOn(serverLine(name), { only: flaws[name]?.breaks.join() }));
    expect({ breaks: Object.keys(seen), seen }).toEqual({ breaks, seen });
  });

  it("exists for every clause", () => {
    const broken = new Set(Object.values(flaws).flatMap(({ breaks }) => breaks));
    const ids = clauses.map(({ id }) => id);
    expect(ids.filter((id) => !broken.has(id))).toEqual(testedElsewhere);
  });

  it("is grouped with flaws that break other clauses", () => {
    expect(together.flat().sort()).toEqual(Object.keys(flaws).sort());
    for (const names of together) {
      const breaks = breaksOf(...names);
      expect(breaks).toEqual([...new Set(breaks)]);
    }
  });
});

describe("a broken server", () => {
  it.concurrent.each(together)("fails only its own clauses when it %s", async (...names) => {
    const breaks = breaksOf(...names);
    // Clauses that a flaw fails alone need no second run, unless other clauses depend on them.
    const isLone = names.length === 1;
    const tried = clauses
      .map(({ id }) => id)
      .filter((id) => isLone || !breaks.includes(id) || decisive.has(id));
    const seen = failures(await resultsOn(serverLine(...names), { only: tried.join() }));
    const broken = breaks.filter((id) => tried.includes(id)).sort();
    expect({ breaks: Object.keys(seen).sort(), seen }).toEqual({ breaks: broken, seen });
  });
});

describe("a well-behaved server", () => {
  it.concurrent("fails no clause", async () => {
    expect(failures(await resultsOn(serverLine()))).toEqual({});
  });
});
