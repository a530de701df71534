import { loadClauses } from "port-contract";
import { readSection } from "../contract/documentation";
import { systems } from "./systems";
import { withTrials } from "./table";

describe("packages/port-contract/clauses.md", () => {
  it("keeps the results of systems that are not checked again", () => {
    expect(withTrials(readSection("systems"), [])).toBe(readSection("systems"));
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
