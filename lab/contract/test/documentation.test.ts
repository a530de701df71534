// The clauses in docs/port-contract.md are up to date.
import { loadClauses } from "port-contract";
import { describeClauses, readSection } from "../documentation";

describe("docs/port-contract.md", () => {
  it("describes the clauses as npm run docs would", () => {
    expect(readSection("clauses")).toBe(describeClauses(loadClauses()));
  });
});
