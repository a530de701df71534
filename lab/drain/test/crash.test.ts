// How the losses of a crash are classified.
import { lostWith } from "../crash";

const KILLED = { pid: 7, atMs: 1000 };
const failed = (id: string, sentAtMs = 999) => ({
  id,
  method: "POST" as const,
  failure: "reset" as const,
  sentAtMs,
});
const run = (id: string, pid: number) => ({ id, pid, isDone: false });

describe("lostWith()", () => {
  it("does not count completed requests", () => {
    const promised = { id: "1", method: "GET" as const, sentAtMs: 999 };
    expect(lostWith(KILLED, [promised], [run("1", 7)])).toEqual({
      running: 0,
      unread: 0,
      elsewhere: 0,
    });
  });

  it.each([
    ["running in the process that was killed", failed("1"), [run("1", 7)], { running: 1 }],
    [
      "running there and once more elsewhere",
      failed("1"),
      [run("1", 7), run("1", 8)],
      { running: 1 },
    ],
    ["sent just before, and not handled", failed("1"), [], { unread: 1 }],
    ["sent long after, and not handled", failed("1", 2000), [], { elsewhere: 1 }],
    ["running in another process", failed("1"), [run("1", 8)], { elsewhere: 1 }],
  ])("classifies a request %s", (_where, sent, ran, expected) => {
    const none = { running: 0, unread: 0, elsewhere: 0 };
    expect(lostWith(KILLED, [sent], ran)).toEqual({ ...none, ...expected });
  });
});
