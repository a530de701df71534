// How long a new process may take to come up.
import { createReplace } from "../../src/formation/replace";
import type { Supervisor } from "../../src/formation/supervisor";
import { freeBasePort } from "./support";

describe("a replacement", () => {
  it("fails when the new process runs but is not up in time", async () => {
    let exit!: (code: number) => void;
    const child = {
      pid: undefined,
      exited: new Promise<number>((resolve) => (exit = resolve)),
      finished: Promise.resolve(),
      isAlive: () => true,
      signal: () => {},
    };
    const supervisor = {
      start: () => child,
      stop: () => Promise.resolve(true),
    } as unknown as Supervisor;
    const reported: string[] = [];
    const port = String(await freeBasePort());
    const problem = await createReplace(
      supervisor,
      () => () => {},
      100,
    )(
      { name: "web.1", command: "sleep 600", env: { PORT: port } },
      {
        probe: "tcp",
        isOnlyInstance: false,
        ended: new AbortController().signal,
        disconnected: new AbortController().signal,
        report: (text) => reported.push(text),
      },
    );
    expect(problem).toBe("web.1 is not up after 0.1 s");
    exit(0);
    expect(reported).toEqual(["stopping web.1"]);
  });
});
