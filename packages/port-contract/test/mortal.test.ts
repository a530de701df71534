// A program that dies between two questions is a verdict of the kit, never an exception, whichever clause asks.
import { failures, mortalLine, provideScratch, verdictsAlone } from "./support";

provideScratch();

// Some requests come shortly before SIGTERM or after it, and what a signalled program ends of is no surprise.
const asked = ["D2", "D4", "D6", "D10"];

describe("a program that dies on its", () => {
  it.each(["connection 3", "request 2", "request 3"])(
    "%s breaks clauses, and they say so",
    async (moment) => {
      const seen = Object.entries(failures(await verdictsAlone(mortalLine(moment))));
      const silent = seen.filter(
        ([id, text]) => !asked.includes(id) && !/exited with 3/.test(text),
      );
      expect({ silent, broken: seen.map(([id]) => id) }).toEqual({
        silent: [],
        broken: expect.arrayContaining(["B3", "H4", "S1"]) as string[],
      });
    },
  );
});
