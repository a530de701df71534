// H3 by a shorter patience than any platform's, as its own failure takes half a minute.
import { parseOptions } from "../src/options";
import { failures, serverLine, serverOptions, verdictsOn } from "./support";

const { platform } = parseOptions(serverOptions).about;

describe("H3", () => {
  it("fails when the first byte comes too late", async () => {
    const impatient = { only: "H3", platform: { ...platform, firstByteSeconds: 1 } };
    const verdicts = await verdictsOn(serverLine(), impatient);
    expect(failures(verdicts)).toEqual({ H3: "GET /slow: no byte within 1 s" });
  });
});
