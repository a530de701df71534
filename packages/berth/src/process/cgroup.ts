// Reads the CPU and memory limits of this process' Linux cgroups: those of its container, systemd unit or dyno.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The limits; undefined means unlimited. */
export interface CgroupLimits {
  /** Number of CPUs, such as 1.5. */
  cpus: number | undefined;
  memoryBytes: number | undefined;
}

/** cgroup v1 represents "unlimited" as a number larger than any machine's memory. */
const UNLIMITED_BYTES = 2 ** 60;

/**
 * Reads the lowest limits of this process' cgroups and their ancestors, v1 and v2; no limits on systems without cgroups.
 * @param root The directory of `proc` and `sys`; `/` by default.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export function readCgroupLimits(root = "/"): CgroupLimits {
  const groups = (read(join(root, "proc/self/cgroup")) ?? "").split("\n").map(parseGroup);
  const folders = groups.flatMap(({ controllers, path }) =>
    controllers
      .filter((controller) => ["", "cpu", "memory"].includes(controller))
      // Ancestors include the root: in a container, its own cgroup is mounted there, whatever the path says.
      .flatMap((controller) =>
        withAncestors(path).map((at) => join(root, "sys/fs/cgroup", controller, at)),
      ),
  );
  return {
    cpus: lowest(folders.map(readCpus)),
    memoryBytes: lowest(folders.map(readMemory)),
  };
}

/** Parses a line of v1 such as `4:cpu,cpuacct:/user.slice`, or of v2 such as `0::/user.slice`. */
function parseGroup(line: string) {
  const [, controllers = "-", ...path] = line.split(":");
  return { controllers: controllers.split(","), path: path.join(":") };
}

function withAncestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...withAncestors(parent)];
}

function readCpus(folder: string): number | undefined {
  const [quota, period] =
    read(join(folder, "cpu.max"))?.split(" ").map(Number) ??
    ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map((file) => Number(read(join(folder, file))));
  return quota && period && quota > 0 ? quota / period : undefined;
}

function readMemory(folder: string): number | undefined {
  const text = read(join(folder, "memory.max")) ?? read(join(folder, "memory.limit_in_bytes"));
  const bytes = Number(text);
  return bytes > 0 && bytes < UNLIMITED_BYTES ? bytes : undefined;
}

const lowest = (limits: readonly (number | undefined)[]): number | undefined => {
  const known = limits.filter((limit) => limit !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
};

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}
