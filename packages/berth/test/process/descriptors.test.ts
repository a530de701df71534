import { channel } from "node:diagnostics_channel";
import { watchDescriptors } from "../../src/process/descriptors";
import { createTestLogger } from "../../src/testing/app";

/** Publishes what Node publishes for a connection with this descriptor. */
const accept = (fd: number | undefined): void =>
  channel("net.server.socket").publish({ socket: { _handle: { fd } } });

describe("watchDescriptors", () => {
  it("warns above 95 % usage, and again only after usage was below 75 %", () => {
    const { logger, log } = createTestLogger();
    watchDescriptors(logger, 100);
    for (const fd of [undefined, 93, 94, 99, 80, 99]) accept(fd);
    expect(log).toEqual([expect.objectContaining({ level: "warn", used: 95, limit: 100 })]);
    for (const fd of [73, 94]) accept(fd);
    expect(log).toHaveLength(2);
  });

  it("does not warn if the limit is unknown", () => {
    const { logger, log } = createTestLogger();
    watchDescriptors(logger, Infinity);
    accept(1_000_000);
    expect(log).toEqual([]);
  });
});
