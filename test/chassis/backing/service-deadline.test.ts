import { once } from "node:events";
import { startDeadline } from "../../../src/chassis/backing/service-deadline";

const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("the deadline of a call", () => {
  it("tells that the time is over, as a signal does", async () => {
    const deadline = startDeadline(1);
    expect(deadline.aborted).toBe(false);
    await once(deadline, "abort");
    expect(deadline.aborted).toBe(true);
  });

  it("leaves nothing behind when the call has ended", () => {
    const before = timers();
    const deadline = startDeadline(60_000);
    expect(timers()).toBe(before + 1);
    deadline.stop();
    expect(timers()).toBe(before);
  });
});
