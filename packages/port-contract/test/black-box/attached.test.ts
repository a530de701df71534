// R1 with a different program attached: which of the two gets the requests, and when the clause is skipped.
import { failures, provideScratch, serverLine, serverOptions, resultsOn } from "../support";

provideScratch();

const FLAW = "has a hard-coded upstream";

const tryWith = (line: string, ...options: string[]) =>
  resultsOn(line, { only: "R1", options: [...serverOptions, ...options] });

describe("R1 with --attached", () => {
  it("sends its requests to the attached program, not to the one under test", async () => {
    const [result] = await tryWith(serverLine(FLAW), "--attached", serverLine());
    expect(result?.outcome).toEqual({
      status: "pass",
      measured: expect.stringMatching(
        /^GET \/upstream follows UPSTREAM_URL from port \d+ to \d+$/,
      ) as string,
    });
    expect(failures(await tryWith(serverLine(), "--attached", serverLine(FLAW)))).toEqual({
      R1: expect.stringContaining("nobody at localhost:3001") as string,
    });
  });

  it("is skipped when the path succeeds without the program under test", async () => {
    const [result] = await tryWith(serverLine(), "--upstream-path", "/");
    expect(result?.outcome).toEqual({
      status: "skip",
      reason: "GET / succeeds without its upstream, too",
    });
  });
});
