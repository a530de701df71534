// Tests how measurements are shown.
import { table } from "../../../scripts/bench/report";

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
