// How long a new process may take until it counts as up.
import type { Crew } from "../../src/formation/crew";
import { createReplace } from "../../src/formation/replace";
import { freeBasePort } from "./support";

describe("a replacement", () => {
  it("has failed when it still runs but is not up in time", async () => {
    let exit!: (code: number) => void;
    const child = {
      pid: undefined,
      exited: new Promise<number>((resolve) => (exit = resolve)),
      finished: Promise.resolve(),
      isAlive: () => true,
      signal: () => {},
    };
    const crew = { start: () => child, stop: () => Promise.resolve(true) } as unknown as Crew;
    const told: string[] = [];
    const port = String(await freeBasePort());
    const problem = await createReplace(
      crew,
      () => () => {},
      100,
    )(
      { name: "web.1", command: "sleep 600", env: { PORT: port } },
      {
        sign: "port",
        isAlone: false,
        over: new AbortController().signal,
        gone: new AbortController().signal,
        tell: (text) => told.push(text),
      },
    );
    expect(problem).toBe("web.1 is not up after 0.1 s");
    exit(0);
    expect(told).toEqual(["stopping web.1"]);
  });
});
