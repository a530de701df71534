// A systemd in namespaces of its own, with no units but those that are tried: nothing of the machine's is touched.
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Run, startRun, until } from "port-contract/harness";
import { NotTried } from "./prove";

const STARTER = join(__dirname, "own-systemd.sh");
const ROOT = join(__dirname, "../..");
const GROUP = "lab-systemd-";
const START_LIMIT_MS = 10_000;

/** A running systemd. */
export interface OwnSystemd {
  /** Resolves with what `systemctl` prints. @throws Error with that, when it fails */
  systemctl: (...args: string[]) => Promise<string>;
  /** Kills it, and all that it has started. */
  reap: () => Promise<void>;
}

/**
 * Starts a systemd for a folder with `units` and `srv`, which is `/srv` there.
 * @throws NotTried when this machine, or its user, may not
 */
export async function startSystemd(folder: string): Promise<OwnSystemd> {
  if (process.getuid?.() !== 0) throw new NotTried("a systemd of one's own needs root");
  const group = makeGroup();
  const run = startRun([STARTER, folder, ROOT, process.execPath, group]);
  const reap = async () => {
    await run.reap();
    await until(() => removeGroup(group), START_LIMIT_MS);
  };
  const isUp = async () =>
    run.exit() !== undefined || (await within(run, ["list-units"]).catch(() => undefined));
  await until(isUp, START_LIMIT_MS);
  if (run.exit()) {
    await reap();
    throw new NotTried(`no systemd of one's own here: ${run.output.text().trim()}`);
  }
  return { systemctl: (...args) => within(run, args), reap };
}

/** Runs systemctl where that systemd is. */
async function within(systemd: Run, args: readonly string[]): Promise<string> {
  const leader = systemd.processes().find(({ command }) => command.includes("systemd --unit"));
  if (!leader) throw new Error("systemd does not run");
  const where = ["-t", `${leader.pid}`, "-p", "-m", "-u", "-i", "-C"];
  const run = startRun(["nsenter", ...where, "systemctl", "--no-pager", ...args]);
  const { code } = await run.exited;
  await run.reap();
  if (code !== 0) throw new Error(`systemctl ${args.join(" ")}: ${run.output.text().trim()}`);
  return run.output.text();
}

/** A cgroup for it alone, as it would make use of that in which it is started. */
function makeGroup(): string {
  const [, mounted] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8")) ?? [];
  const group = join(mounted ?? "", `${GROUP}${process.pid}`);
  try {
    // One that was interrupted has left its own, which goes unless somebody lives in it.
    for (const name of readdirSync(dirname(group)))
      if (name.startsWith(GROUP)) removeGroup(join(dirname(group), name));
    mkdirSync(group);
  } catch (err) {
    throw new NotTried(`no cgroup for a systemd of one's own: ${(err as Error).message}`);
  }
  return group;
}

/** Whether it is gone, with those in it. */
function removeGroup(group: string): boolean {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true }))
      if (entry.isDirectory()) removeGroup(join(group, entry.name));
    rmdirSync(group);
    return true;
  } catch {
    return false;
  }
}
