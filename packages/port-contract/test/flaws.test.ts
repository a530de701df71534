// The kit can fail: each deliberately broken server is caught by exactly the clauses it breaks.
import { loadClauses } from "../src/catalogue";
import { confined } from "../src/system/confine";
import { flaws } from "./servers/flaws";
import { failures, provideScratch, serverLine, verdictsOn } from "./support";

jest.setTimeout(240_000);
provideScratch();

// H3 waits half a minute for its failure and N1 is about other protocols; both have their own tests.
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

// Flaws that do not stand in each other's way, for every check of every clause takes its time. Whoever is not there, or
// leaves, shows nothing else, and stands alone.
const together = [
  ["ignores PORT"],
  ["speaks TLS only"],
  ["daemonises"],
  ["exits on the end of stdin"],
  [
    "never exits",
    ...["binds loopback only", "reports success on a taken port", "believes X-Forwarded-For"],
    "knows where its upstream is",
  ],
  [
    "exits at once",
    ...["binds IPv4 only", "hands PORT to listen as it is", "has no readiness"],
    "writes a log file",
  ],
  [
    "has no signal handler",
    ...["takes any number for a port", "opens a second port", "keeps things in memory"],
    "dies when nobody reads its output",
  ],
  [
    "leaves its server behind the shell",
    ...["binds before it is ready", "closes idle connections after 5 s"],
    ...["stays ready while draining", "holds its output back unless on a terminal"],
  ],
  [
    "accepts and drops while draining",
    ...["says keep-alive while draining", "is held by idle sockets"],
    ...["exits with 3 after a clean drain", "ignores SIGINT", "knows no shared port"],
    "writes into its working directory",
  ],
  [
    "is held by upgraded sockets",
    ...["dies on the second SIGTERM", "exits with 0 after a forced drain", "knows no drain delay"],
    ...["stumbles over its own lock", "believes LISTEN_FDS of another process"],
    ...["writes a PID file", "holds its output back until it exits"],
  ],
];

const accompanied = together.filter(({ length }) => length > 1).flat();

describe("a flaw", () => {
  it.concurrent.each(accompanied)("is caught: %s", async (name) => {
    const breaks = breaksOf(name);
    const seen = failures(await verdictsOn(serverLine(name), { only: flaws[name]?.breaks.join() }));
    expect({ breaks: Object.keys(seen), seen }).toEqual({ breaks, seen });
  });

  it("exists for every clause", () => {
    const broken = new Set(Object.values(flaws).flatMap(({ breaks }) => breaks));
    const ids = clauses.map(({ id }) => id);
    expect(ids.filter((id) => !broken.has(id))).toEqual(testedElsewhere);
  });

  it("stands with others whose clauses it does not break", () => {
    expect(together.flat().sort()).toEqual(Object.keys(flaws).sort());
    for (const names of together) {
      const breaks = breaksOf(...names);
      expect(breaks).toEqual([...new Set(breaks)]);
    }
  });
});

describe("a broken server", () => {
  it.concurrent.each(together)("breaks its own clauses alone when it %s", async (...names) => {
    const breaks = breaksOf(...names);
    // What a flaw is caught by alone need not be tried again, but for what decides which others are tried.
    const isLone = names.length === 1;
    const tried = clauses
      .map(({ id }) => id)
      .filter((id) => isLone || !breaks.includes(id) || decisive.has(id));
    const seen = failures(await verdictsOn(serverLine(...names), { only: tried.join() }));
    const broken = breaks.filter((id) => tried.includes(id)).sort();
    expect({ breaks: Object.keys(seen).sort(), seen }).toEqual({ breaks: broken, seen });
  });
});

describe("a well-behaved server", () => {
  it.concurrent("fails no clause", async () => {
    expect(failures(await verdictsOn(serverLine()))).toEqual({});
  });
});
