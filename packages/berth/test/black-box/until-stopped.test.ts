// Processes that run until they are stopped.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMPILED } from "../support/built";
import { emptyFolder } from "../../src/testing/cleanup";
import { startCommand, stopProcesses } from "../../src/testing/process";

afterEach(stopProcesses);

/** Starts a program `nightly.js` whose `main` is this JavaScript. */
function start(main: string, env: Record<string, string> = {}) {
  const file = join(emptyFolder(), "nightly.js");
  const compiled = (path: string) => `require(${JSON.stringify(join(COMPILED, path))})`;
  writeFileSync(
    file,
    `${compiled("process/early")};
const { runUntilStopped } = ${compiled("exports/process")};
const { backgroundVariables } = ${compiled("exports/config")};
void runUntilStopped(backgroundVariables, async ({ config, logger, signal, every }) => { ${main} });`,
  );
  return startCommand([process.execPath, file], env, emptyFolder());
}

describe("runUntilStopped", () => {
  it("runs until SIGTERM, lets the current run end, closes what main has attached, and exits 0", async () => {
    const program = start(`
      every(3_600_000, async () => {
        logger.info("begun");
        await new Promise((resolve) => process.once("SIGCONT", resolve));
        logger.info("ended");
      });
      return { store: { close: async () => logger.info("closed") } };`);
    await program.line(/begun/);
    program.child.kill("SIGTERM");
    await program.line(/draining/);
    program.child.kill("SIGCONT");
    expect(await program.exit).toBe(0);
    const messages = program.lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages).toEqual([
      "nightly is running",
      "begun",
      "SIGTERM received, draining",
      "ended",
      "closed",
    ]);
  });

  it("keeps running without any work", async () => {
    const program = start("");
    await program.line(/is running/);
    program.child.kill("SIGTERM");
    expect(await program.exit).toBe(0);
  });

  it("waits for no longer than SHUTDOWN_TIMEOUT_MS, and then exits 1", async () => {
    const program = start(
      `every(1000, () => { logger.info("begun"); return new Promise(() => undefined); });`,
      { SHUTDOWN_TIMEOUT_MS: "100" },
    );
    await program.line(/begun/);
    program.child.kill("SIGTERM");
    expect(await program.exit).toBe(1);
    expect(program.lines.at(-1)).toContain(
      "not drained within 100 ms, leaving its work unfinished",
    );
  });

  it("goes on after an error of the work", async () => {
    const program = start(`
      let runs = 0;
      every(1, async () => { if (runs++ === 0) throw new Error("no luck"); logger.info("again"); });`);
    expect(JSON.parse(await program.line(/no luck/))).toMatchObject({
      level: "error",
      failures: 1,
    });
    await program.line(/again/);
  });

  it("ends with 1 when main rejects, and after an uncaught error", async () => {
    const rejecting = start(`throw new Error("not set up");`);
    expect(await rejecting.exit).toBe(1);
    expect(await rejecting.line(/not set up/)).toContain('"level":"fatal"');
    const crashing = start(`setImmediate(() => { throw new Error("boom"); });`);
    expect(await crashing.exit).toBe(1);
    expect(await crashing.line(/boom/)).toContain("uncaught error, draining");
  });
});
