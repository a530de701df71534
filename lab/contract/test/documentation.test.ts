// The clauses in packages/port-contract/clauses.md are up to date.
import { loadClauses } from "port-contract";
import { describeClauses, readSection } from "../documentation";

describe("packages/port-contract/clauses.md", () => {
  it("describes the clauses as npm run docs would", () => {
    expect(readSection("clauses")).toBe(describeClauses(loadClauses()));
  });
});
