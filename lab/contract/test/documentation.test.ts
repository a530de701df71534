// The page for readers says about the clauses what their modules say.
import { loadClauses } from "port-contract";
import { describeClauses, readSection } from "../documentation";

describe("docs/port-contract.md", () => {
  it("describes the clauses as npm run docs would", () => {
    expect(readSection("clauses")).toBe(describeClauses(loadClauses()));
  });
});
