// R1 with a program of its own that is attached: which of the two is asked, and what cannot be judged.
import { failures, provideScratch, serverLine, serverOptions, verdictsOn } from "./support";

provideScratch();

const FLAW = "knows where its upstream is";

const tryWith = (line: string, ...options: string[]) =>
  verdictsOn(line, { only: "R1", options: [...serverOptions, ...options] });

describe("R1 with --attached", () => {
  it("asks the attached program, and not the one under test", async () => {
    const [verdict] = await tryWith(serverLine(FLAW), "--attached", serverLine());
    expect(verdict?.outcome).toEqual({
      status: "pass",
      measured: expect.stringMatching(
        /^GET \/upstream follows UPSTREAM_URL from port \d+ to \d+$/,
      ) as string,
    });
    expect(failures(await tryWith(serverLine(), "--attached", serverLine(FLAW)))).toEqual({
      R1: expect.stringContaining("nobody at localhost:3001") as string,
    });
  });

  it("says nothing when the path is answered without the one under test", async () => {
    const [verdict] = await tryWith(serverLine(), "--upstream-path", "/");
    expect(verdict?.outcome).toEqual({
      status: "skip",
      reason: "GET / is answered without its upstream, too",
    });
  });
});
