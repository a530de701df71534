// The kit can fail: each deliberately broken server is caught by exactly the clauses it breaks.
import { loadClauses } from "../../../scripts/contract/catalogue";
import { confined } from "../../../scripts/contract/harness/confine";
import { flaws } from "../../support/servers/flaws";
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

describe("a broken server", () => {
  it.concurrent.each(Object.entries(flaws))("%s", async (name, { breaks }) => {
    const seen = failures(await verdictsOn(serverLine(name)));
    const expected = breaks.filter((id) => !cannotTry.includes(id));
    expect({ breaks: Object.keys(seen), seen }).toEqual({ breaks: expected, seen });
  });

  it("exists for every clause", () => {
    const broken = new Set(Object.values(flaws).flatMap(({ breaks }) => breaks));
    const ids = loadClauses().map(({ id }) => id);
    expect(ids.filter((id) => !broken.has(id))).toEqual(testedElsewhere);
  });
});

describe("a well-behaved server", () => {
  it.concurrent("fails no clause", async () => {
    expect(failures(await verdictsOn(serverLine()))).toEqual({});
  });
});
