import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { SERVICE, WEB } from "../support/built";
import { startCommand, stopProcesses, untilListening } from "../../src/testing/process";
import { sendRequestInFlight, untilRefused } from "../../src/testing/raw-client";

const env = { DATABASE_URL: "postgres://127.0.0.1:1/absent", PORT: "0" };
// As in a Procfile: a relative path, in the service's folder.
const web = `'${process.execPath}' ${basename(WEB)}`;
afterEach(stopProcesses);

const isThere = ([file = "", ...args]: string[]) =>
  spawnSync(file, [...args, "-c", "true"]).status === 0;

// Only on Linux can a process see its parent's command line.
const suite = existsSync("/proc/self/cmdline") ? describe : describe.skip;

suite.each([[["dash"]], [["bash"]], [["busybox", "sh"]]])("a process type run by %s", (shell) => {
  const test = isThere(shell) ? it : it.skip;
  const run = (line: string) => startCommand([...shell, "-c", line], env, SERVICE);

  test.each([
    ["SIGTERM to the shell alone", "SIGTERM", web, 1],
    ["SIGTERM to the shell alone, after another command", "SIGTERM", `true && ${web}`, 1],
    ["SIGTERM to the group", "SIGTERM", web, -1],
    ["SIGTERM to the group, after another command", "SIGTERM", `true && ${web}`, -1],
  ] as const)("drains on %s", async (_, signal, line, target) => {
    const { child, ...type } = run(line);
    const port = await untilListening({ child, ...type });
    const request = await sendRequestInFlight(port);
    process.kill(target * (child.pid as number), signal);
    await untilRefused(port);
    await request.finish();
    // The output closes with the last process of the group.
    await type.exit;
    expect(type.lines.filter((text) => text.includes("draining"))).toHaveLength(1);
  });

  test.each([
    ["in the background", `${web} &`],
    ["in the background by nohup", `nohup ${web} 2>&1 &`],
  ])("keeps running if the shell has put it %s and exits", async (_, line) => {
    const { child, ...type } = run(line);
    const port = await untilListening({ child, ...type });
    if (child.exitCode === null) await once(child, "exit");
    // By the time a process that was started later exits without its shell, this one has checked for its own.
    const other = run(web);
    await untilListening(other);
    other.child.kill("SIGKILL");
    await other.exit;
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  });
});
