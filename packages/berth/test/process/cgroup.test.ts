import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readCgroupLimits } from "../../src/process/cgroup";

const roots: string[] = [];
afterAll(() => roots.forEach((root) => rmSync(root, { recursive: true })));

/** Reads the limits from these files. */
function limitsOf(files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), "cgroup-"));
  roots.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return readCgroupLimits(root);
}

describe("readCgroupLimits", () => {
  it("reads the lowest limits of a version 2 group and its ancestors", () => {
    expect(
      limitsOf({
        "proc/self/cgroup": "0::/app.slice/web.service\n",
        "sys/fs/cgroup/app.slice/web.service/cpu.max": "max 100000\n",
        "sys/fs/cgroup/app.slice/web.service/memory.max": "1073741824\n",
        "sys/fs/cgroup/app.slice/cpu.max": "150000 100000\n",
        "sys/fs/cgroup/app.slice/memory.max": "max\n",
      }),
    ).toEqual({ cpus: 1.5, memoryBytes: 2 ** 30 });
  });

  it("reads version 1, where a container's own group is mounted as the root", () => {
    expect(
      limitsOf({
        "proc/self/cgroup": "5:memory:/docker/1a2b\n4:cpu,cpuacct:/docker/1a2b\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      }),
    ).toEqual({ cpus: 0.5, memoryBytes: 2 ** 29 });
  });

  it("treats -1 and the version 1 maximum as unlimited", () => {
    expect(
      limitsOf({
        "proc/self/cgroup": "5:memory:/\n4:cpu:/\n0::/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      }),
    ).toEqual({ cpus: undefined, memoryBytes: undefined });
  });

  it.each([
    ["0", undefined],
    ["1", 1],
    [String(2 ** 60 - 2 ** 12), 2 ** 60 - 2 ** 12],
    [String(2 ** 60), undefined],
  ])("reads a memory limit of %s as %s", (text, memoryBytes) => {
    const files = { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": `${text}\n` };
    expect(limitsOf(files)).toEqual({ cpus: undefined, memoryBytes });
  });

  it("finds no limits without control groups", () => {
    expect(limitsOf({})).toEqual({ cpus: undefined, memoryBytes: undefined });
  });
});
