// A process without a port, by berth/process, in a formation.
import { startFormation, stopFormations } from "../../formation/support";

afterEach(stopFormations);

const required = (name: string) => `require(${JSON.stringify(require.resolve(name))})`;

describe("a process that works in the background", () => {
  it("is up when it says that it is running", async () => {
    const worker = `${required("berth/process")}.runUntilStopped(
      ${required("berth/config")}.backgroundVariables, async () => {});`;
    const runner = await startFormation(["worker: exec node worker.js"], [], {
      "worker.js": worker,
    });
    await runner.waitFor(/everything is up:\n.*worker\.1 runs in the background\n/);
  });
});
