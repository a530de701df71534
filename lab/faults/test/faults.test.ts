// The experiments end to end, with few calls.
import { parseOptions } from "../options";
import { repeated } from "../callers";
import { table } from "../table";

const run = (only: string) => table(parseOptions(["--only", only, "--calls", "1"], []));

describe("the table of faults", () => {
  it("shows the responses that callers get, and no missed target", async () => {
    const { rows, missed } = await run("another shape,redirects");
    expect(missed).toEqual([]);
    expect(rows).toMatchObject([
      {
        "the other side": "sends another shape",
        GET: "502 sent a response of an unexpected shape",
        arrived: "1",
        "POST, arrived": "502, 1",
        "1 at once": "502",
        logged: "error request failed ×3",
      },
      { "the other side": "redirects to another host", GET: "502 responded with a redirect" },
    ]);
  });

  it("reports a name that no fault has", async () => {
    expect(await run("earthquake")).toEqual({
      rows: [],
      missed: ["no fault matches earthquake"],
    });
  });
});

describe("repeated", () => {
  it("counts each id that ran more than once", () => {
    expect(repeated(["a", "b", "a", "a", "c", "c"])).toBe(2);
  });
});
