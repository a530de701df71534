// The program under test, as it is run, and how many checks run at a time.
import { commandFrom } from "../src/command";
import { createQueue } from "../src/queue";

describe("commandFrom()", () => {
  it("gives a single argument to the shell", () => {
    expect(commandFrom(["node x.js; true"]).argv).toEqual(["sh", "-c", "node x.js; true"]);
  });

  it("runs several arguments as they are", () => {
    expect(commandFrom(["node", "x y.js"]).argv).toEqual(["node", "x y.js"]);
  });

  it("rejects an empty command", () => {
    expect(() => commandFrom([" "])).toThrow("the command after -- is empty");
  });
});

describe("createQueue()", () => {
  it("runs no more at a time than it is wide", async () => {
    const enqueue = createQueue(2);
    let running = 0;
    let most = 0;
    const work = () =>
      enqueue(async () => {
        most = Math.max(most, (running += 1));
        await new Promise(setImmediate);
        running -= 1;
      });
    await Promise.all(Array.from({ length: 9 }, work));
    expect(most).toBe(2);
  });
});
