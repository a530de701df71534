// H3 with a shorter limit than any platform's, because a real failure takes half a minute.
import { parseOptions } from "../../src/options";
import { failures, serverLine, serverOptions, resultsOn } from "../support";

const { platform } = parseOptions(serverOptions).about;

describe("H3", () => {
  it("fails when the first byte is late", async () => {
    const impatient = { only: "H3", platform: { ...platform, firstByteSeconds: 1 } };
    const results = await resultsOn(serverLine(), impatient);
    expect(failures(results)).toEqual({ H3: "GET /slow: no byte within 1 s" });
  });
});
