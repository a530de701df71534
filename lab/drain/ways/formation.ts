// Three instances in a development formation, behind its router.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "port-contract/ports";
import { startRun, stop, until, within } from "port-contract/harness";
import { serviceEnvironment, type Way } from "./way";

const INSTANCES = 3;
const START_LIMIT_MS = 30_000;
const RESTART_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 15_000;

const FORMATION = [process.execPath, require.resolve("berth-dev/cli"), "dev"] as const;

export const router: Way = {
  title: `npm run dev -- --router, ${INSTANCES} instances`,
  async start(options) {
    const folder = mkdtempSync(join(tmpdir(), "berth-formation-"));
    const procfile = join(folder, "Procfile");
    writeFileSync(procfile, `web: exec ${options.node} ${options.service}\n`);
    const port = await freePort();
    // Requested last, because the instances use the ports above it.
    const base = await freePort(INSTANCES - 1);
    const which = ["-f", procfile, "-p", String(base)];
    const scale = ["-m", `web=${INSTANCES}`, "--router", String(port), "--restart"];
    const env = serviceEnvironment(options);
    const run = startRun([...FORMATION, ...which, ...scale], { isolated: true, env });
    const isUp = () => options.journal.listening().length === INSTANCES;
    if (!(await until(isUp, START_LIMIT_MS)))
      throw new Error(`the formation did not start; its output:\n${run.output.text()}`);
    return {
      port,
      async roll() {
        const restart = startRun([...FORMATION, "restart", "web", ...which], { isolated: true });
        const exit = await within(restart.exited, RESTART_LIMIT_MS);
        await restart.reap();
        if (exit?.code !== 0) throw new Error(`restart failed:\n${restart.output.text()}`);
      },
      async stop() {
        await stop(run, STOP_LIMIT_MS, "SIGTERM", "leader");
        await run.reap();
        rmSync(folder, { recursive: true });
      },
    };
  },
};
