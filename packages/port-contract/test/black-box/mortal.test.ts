// A program that exits between two requests is a failed clause, never an exception, whichever clause is checked.
import { failures, mortalLine, provideScratch, resultsAlone } from "../support";

provideScratch();

// These clauses also send requests around SIGTERM, and the exit of a signalled program is not reported.
const signalled = ["D2", "D4", "D6", "D10"];

describe("a program that exits on its", () => {
  it.each(["connection 3", "request 2", "request 3"])(
    "%s fails clauses, and the report says why",
    async (moment) => {
      const seen = Object.entries(failures(await resultsAlone(mortalLine(moment))));
      const silent = seen.filter(
        ([id, text]) => !signalled.includes(id) && !/exited with 3/.test(text),
      );
      expect({ silent, broken: seen.map(([id]) => id) }).toEqual({
        silent: [],
        broken: expect.arrayContaining(["B3", "H4", "S1"]) as string[],
      });
    },
  );
});
