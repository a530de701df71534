// A systemd in its own namespaces, with only the units under test, so that the machine is not affected.
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
  /** Resolves to the output of `systemctl`. @throws Error with its output when it fails */
  systemctl: (...args: string[]) => Promise<string>;
  /** Kills it and everything that it started. */
  reap: () => Promise<void>;
}

/**
 * Starts a systemd for a folder with `units` and `srv`, which is mounted as `/srv`.
 * @throws NotTried when this machine or user does not support it
 */
export async function startSystemd(folder: string): Promise<OwnSystemd> {
  if (process.getuid?.() !== 0) throw new NotTried("a separate systemd needs root");
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
    throw new NotTried(`a separate systemd does not start here: ${run.output.text().trim()}`);
  }
  return { systemctl: (...args) => within(run, args), reap };
}

/** Runs systemctl in the namespaces of that systemd. */
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

/** Creates a cgroup for it, because it would otherwise take over the one in which it is started. */
function makeGroup(): string {
  const [, mounted] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8")) ?? [];
  const group = join(mounted ?? "", `${GROUP}${process.pid}`);
  try {
    // Removes cgroups that interrupted runs left behind; those in use cannot be removed.
    for (const name of readdirSync(dirname(group)))
      if (name.startsWith(GROUP)) removeGroup(join(dirname(group), name));
    mkdirSync(group);
  } catch (err) {
    throw new NotTried(`no cgroup for a separate systemd: ${(err as Error).message}`);
  }
  return group;
}

/** Removes a cgroup with its children; false while it is in use. */
export function removeGroup(group: string): boolean {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true }))
      if (entry.isDirectory()) removeGroup(join(group, entry.name));
    rmdirSync(group);
    return true;
  } catch {
    return false;
  }
}
