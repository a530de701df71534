// The clauses as a collection: whole, in order, and each with everything that a report says about it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { loadClauses, selectClauses } from "../src/catalogue";
import { platformNamed, platformNames } from "../src/platforms";

const clauses = loadClauses();
const ids = clauses.map(({ id }) => id);

describe("the clauses", () => {
  it("are sorted by family and number, and none is there twice", () => {
    expect(ids.slice(0, 3)).toEqual(["B1", "B2", "B3"]);
    expect(ids.at(-1)).toBe("R1");
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("stand each in a file that begins with its id", () => {
    const files = readdirSync(join(__dirname, "../src/clauses"));
    const named = files.map((name) => name.split("-")[0]?.toUpperCase());
    expect(named.sort()).toEqual([...ids].sort());
  });

  it.each(clauses)("$id says all that its failure needs", (clause) => {
    const { title, demandedBy, breaksOn, mend, procedure } = clause;
    for (const text of [title, demandedBy, breaksOn, mend, procedure]) expect(text).not.toBe("");
  });

  it("need only clauses that exist, and platforms demand only such", () => {
    const named = [
      ...clauses.flatMap(({ needs = [] }) => needs),
      ...platformNames.flatMap((name) => platformNamed(name).demands),
    ];
    expect(ids).toEqual(expect.arrayContaining(named));
  });

  it("are selected by their ids, in any case and with blanks", () => {
    expect(selectClauses(clauses, "d2, B4").map(({ id }) => id)).toEqual(["B4", "D2"]);
  });
});
