// Formatting of measurements.
import { callsTable, table, workTable } from "../report";

describe("table", () => {
  it("aligns columns", () => {
    const rows = [
      ["", "req/s"],
      ["Berth", "1"],
    ];
    expect(table(rows)).toBe(
      ["|       | req/s |", "|-------|-------|", "| Berth | 1     |"].join("\n"),
    );
  });
});

describe("workTable", () => {
  const round = { p50Ms: 1, p99Ms: 2, cpuUs: 100, busy: 1, loadBusy: 0.25, frontUs: 0 };
  const measured = (name: string, perSecond: number[]) => ({
    contender: { name, title: name, script: "", env: {} },
    rounds: perSecond.map((requestsPerSecond) => ({ ...round, requestsPerSecond })),
    idleMb: 50,
    loadedMb: 60,
  });
  const work = { name: "json", method: "GET", path: "/", status: 200, connections: 1 } as const;

  it("compares contenders round by round", () => {
    const shown = workTable(
      work,
      [measured("fastify", [10, 20]), measured("berth", [15, 20])],
      false,
    );
    expect(shown).toContain("| req/s ");
    expect(shown).toContain("| /Fastify         |");
    expect(shown).toContain("| 1.25 (1.00-1.50) |");
    expect(shown).not.toContain("/Berth");
  });

  it("shows the shares of the cores, and a router's CPU time", () => {
    const behind = measured("berth", [10]);
    behind.rounds = behind.rounds.map((of) => ({ ...of, frontUs: 42 }));
    const shared = { ...work, onAllCores: true } as const;
    const shown = workTable(shared, [measured("berth", [20]), behind], false);
    expect(shown).toContain("| cores: 1.00, load 0.25 ");
    expect(shown).toContain("| cores: 1.00, load 0.25, router 42.0 µs |");
  });

  it("compares Berth without an optimization with Berth", () => {
    const shown = workTable(
      work,
      [measured("berth", [20]), measured("berth-without-a", [10])],
      true,
    );
    expect(shown).toContain("| req/CPU s | /Berth |");
    expect(shown).toContain("| 0.50 ");
  });
});

describe("callsTable", () => {
  const calls = [
    { way: "undici", perSecond: [100, 200], busy: [1, 1] },
    { way: "client", perSecond: [90, 150], busy: [0.5, 0.5] },
  ];

  it("compares each way with the first one, round by round", () => {
    const shown = callsTable("client", calls, false);
    expect(shown).toContain("| calls/s       | /undici ");
    expect(shown).toContain("| 120 (90-150)  | 0.82 (0.75-0.90) | 50 % busy  |");
  });

  it("counts per CPU second when all were measured concurrently", () => {
    expect(callsTable("client", calls, true)).toContain("| calls/CPU s ");
  });
});
