import { availableParallelism } from "node:os";
import { fittingWorkers, readResourceLimits } from "../../src/process/concurrency";

const MB = 2 ** 20;

describe("fittingWorkers", () => {
  it.each([
    [4, 8192, 4],
    [4, 512, 2],
    [4, 300, 1],
    [4, 64, 1],
    [1.5, 8192, 1],
    [0.1, 8192, 1],
  ])("with %d CPUs and %d MB is %d", (cpus, megabytes, expected) => {
    expect(fittingWorkers({ cpus, memoryBytes: megabytes * MB })).toBe(expected);
  });
});

describe("readResourceLimits", () => {
  it("does not exceed the machine's resources", () => {
    const { cpus, memoryBytes } = readResourceLimits();
    expect(cpus).toBeGreaterThan(0);
    expect(cpus).toBeLessThanOrEqual(availableParallelism());
    expect(memoryBytes).toBeGreaterThan(16 * MB);
  });
});
