// The command of the program under test, and the limit of concurrent checks.
import { commandFrom } from "../src/command";
import { createQueue } from "../src/queue";

describe("commandFrom()", () => {
  it("passes a single argument to the shell", () => {
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
  it("runs no more tasks at a time than its width", async () => {
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
