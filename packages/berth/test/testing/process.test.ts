import { startCommand, stopProcesses } from "../../src/testing/process";

afterEach(stopProcesses);

describe("waiting for a line that is never printed", () => {
  const PROGRAM = `console.error("a warning"); console.log("one"); setInterval(() => {}, 1e6);`;

  it("fails with the program's output", async () => {
    const program = startCommand([process.execPath, "-e", PROGRAM], {});
    await program.line(/one/);
    while (program.stderr() === "") await new Promise(setImmediate);
    await expect(program.line(/never/, 1)).rejects.toThrow(
      /^after 1 ms, .* has not printed \/never\/:\none\na warning\n$/s,
    );
  });
});
