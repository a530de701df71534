// The clauses as a collection: complete, in order, and each with all texts of a report.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { loadClauses, selectClauses } from "../src/catalogue";
import { platformNamed, platformNames } from "../src/platforms";

const clauses = loadClauses();
const ids = clauses.map(({ id }) => id);

describe("the clauses", () => {
  it("are sorted by family and number, without duplicates", () => {
    expect(ids.slice(0, 3)).toEqual(["B1", "B2", "B3"]);
    expect(ids.at(-1)).toBe("R1");
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("are each in a file whose name starts with its id", () => {
    const files = readdirSync(join(__dirname, "../src/clauses"));
    const named = files.map((name) => name.split("-")[0]?.toUpperCase());
    expect(named.sort()).toEqual([...ids].sort());
  });

  it.each(clauses)("$id has all texts of a report", (clause) => {
    const { title, demandedBy, breaksOn, fix, procedure } = clause;
    for (const text of [title, demandedBy, breaksOn, fix, procedure]) expect(text).not.toBe("");
  });

  it("need only existing clauses, as do platforms", () => {
    const named = [
      ...clauses.flatMap(({ needs = [] }) => needs),
      ...platformNames.flatMap((name) => platformNamed(name).demands),
    ];
    expect(ids).toEqual(expect.arrayContaining(named));
  });

  it("are selected by id, in any case and with spaces", () => {
    expect(selectClauses(clauses, "d2, B4").map(({ id }) => id)).toEqual(["B4", "D2"]);
  });
});
