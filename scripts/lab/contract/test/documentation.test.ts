// The page for readers says about the clauses what their modules say.
import { loadClauses } from "../catalogue";
import { describeClauses, readSection } from "../documentation";
import { systems } from "../real-systems/systems";
import { withTrials } from "../real-systems/table";

describe("docs/port-contract.md", () => {
  it("keeps what it says about systems that are not tried again", () => {
    expect(withTrials(readSection("systems"), [])).toBe(readSection("systems"));
  });

  it("describes the clauses as npm run docs would", () => {
    expect(readSection("clauses")).toBe(describeClauses(loadClauses()));
  });

  it("has a row for every clause and a line for every real system", () => {
    const table = readSection("systems");
    for (const { id } of loadClauses()) expect(table).toMatch(new RegExp(`^\\| ${id} +\\|`, "m"));
    for (const { name, line } of systems) {
      expect(table).toContain(`### ${name}\n`);
      if (line) expect(table).toContain(`web: ${line}\n`);
    }
  });
});
