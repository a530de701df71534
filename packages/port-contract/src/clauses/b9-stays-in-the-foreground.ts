// B9: the started process stays in the foreground while the port is open.
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../startup";
import { pidFilesOf } from "../system/files";
import { within } from "../harness/wait";
import { listOf, seconds, describeExit } from "../wording";

// A daemon's parent exits once its child runs; since the child keeps the pipes open, the exit is seen a second later.
const watchMs = 2000;

export const clause: Clause = {
  id: "B9",
  level: "MUST",
  title: "neither daemonises nor writes PID files",
  demandedBy: "The Twelve-Factor App (concurrency): leave process management to the platform",
  breaksOn:
    "everywhere: the exit of the started process counts as a crash, and signals do not reach the daemon",
  fix: "run in the foreground (-F, --foreground, daemonize no), without a PID file",
  procedure:
    "The started process stays alive while the port is open; no new file in the working directory, /tmp or /run " +
    "contains only one of its process ids.",
  async check({ listen }) {
    const startedAtMs = Date.now();
    const service: Service = await listen();
    const exit = await within(service.exited, watchMs);
    if (exit) {
      const others = service.processes().map(({ pid, command }) => `${pid} (${command})`);
      if (others.length === 0) return fail(`${describeExit(exit)} after it opened its port`);
      return fail(`${describeExit(exit)} while the port stays open: ${listOf(others)}`);
    }
    const pids = service.processes().map(({ pid }) => pid);
    const files = pidFilesOf(pids, startedAtMs);
    if (files.length > 0) return fail(`writes ${listOf(files)}`, { harmless: true });
    return pass(`pid ${service.pid} is alive after ${seconds(watchMs)}`);
  },
};
