import { channel } from "node:diagnostics_channel";
import { watchDescriptors } from "../../src/process/descriptors";
import { createTestLogger } from "../../src/testing/app";

/** As Node does for a connection that has this descriptor. */
const accept = (fd: number | undefined): void =>
  channel("net.server.socket").publish({ socket: { _handle: { fd } } });

describe("watchDescriptors", () => {
  it("warns when nearly all are in use, and again only after many have become free", () => {
    const { logger, log } = createTestLogger();
    watchDescriptors(logger, 100);
    for (const fd of [undefined, 93, 94, 99, 80, 99]) accept(fd);
    expect(log).toEqual([expect.objectContaining({ level: "warn", used: 95, limit: 100 })]);
    for (const fd of [73, 94]) accept(fd);
    expect(log).toHaveLength(2);
  });

  it("warns of nothing where the limit is not known", () => {
    const { logger, log } = createTestLogger();
    watchDescriptors(logger, Infinity);
    accept(1_000_000);
    expect(log).toEqual([]);
  });
});
