// What `--restart` restarts, and what it does not.
import { once } from "node:events";
import { connect } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  isAlive,
  startFormation,
  startRunner,
  stopFormations,
  type Runner,
} from "../../formation/support";

afterEach(stopFormations);

const write = ({ directory }: Runner, name: string) => writeFileSync(join(directory, name), "");
/** Keeps running from its third start on. */
const thirdTime = (code: number) =>
  `echo x >> starts; [ $(wc -l < starts) -gt 2 ] || exit ${code}; echo staying; exec sleep 600`;

describe("--restart", () => {
  it.each([0, 3])("restarts a process that exits with code %i, later each time", async (code) => {
    const runner = await startFormation([`web: ${thirdTime(code)}`], ["--restart"]);
    await runner.waitFor(/\| staying/);
    expect(runner.output().replaceAll(/ on port \d+/g, "")).toBe(
      [
        "system | web.1 started",
        `system | web.1 exited with code ${code}`,
        "system | restarting web.1 in 0.1 s",
        "system | web.1 started",
        `system | web.1 exited with code ${code}`,
        "system | restarting web.1 in 0.2 s",
        "system | web.1 started",
        "web.1  | staying\n",
      ].join("\n"),
    );
  });

  it("first stops what the exited instance left behind", async () => {
    const runner = await startFormation(
      ["web: if mkdir first; then sleep 600 & echo child=$!; else echo again; exec sleep 600; fi"],
      ["--restart"],
    );
    const [, child] = await runner.waitFor(/child=(\d+)/);
    await runner.waitFor(/\| again/);
    expect(isAlive(Number(child))).toBe(false);
  });

  it("restarts a process that others wait for, without them", async () => {
    const runner = await startFormation(
      [
        "web: echo $DB_PORT; exec sleep 600",
        `db: exec node -e "require('net').createServer(() => process.exit(4)).listen(process.env.PORT, () => console.log('up'))"`,
      ],
      ["--restart"],
    );
    // A process that waits for it connects, which ends it.
    await runner.waitFor(/web\.1 started/);
    await runner.waitFor(/db\.1 exited with code 4\n[^]*db\.1 started[^]*\| up/);
    const [, port] = await runner.waitFor(/web\.1 +\| (\d+)/);
    const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
    await once(socket, "close");
    await runner.waitFor(/(db\.1 exited with code 4\n[^]*){2}db\.1 started/);
    expect(runner.output()).not.toContain("web.1 e");
  });

  it("does not restart a one-off process: a release that fails ends the formation", async () => {
    const runner = await startFormation(["web: echo started", "release: exit 5"], ["--restart"]);
    expect(await runner.exited).toBe(5);
    expect(runner.output()).not.toContain("web.1");
  });

  it("keeps trying after a failed restart, and can be stopped while it waits", async () => {
    const runner = await startFormation(
      ["web: [ ! -e broken ] || exit 6; echo staying; exec sleep 600"],
      ["--restart"],
    );
    await runner.waitFor(/\| staying/);
    write(runner, "broken");
    const command = startRunner(runner.directory, ["restart"]);
    expect(await command.exited).toBe(1);
    expect(command.output()).toContain("web.1 exited with code 6 before it was up\n");
    await runner.waitFor(/restarting web\.1 in 0\.8 s/);
    runner.process.kill("SIGINT");
    expect(await runner.exited).toBe(130);
    expect(runner.output()).toMatch(/restarting web\.1 in 0\.8 s\n$/);
  });
});
