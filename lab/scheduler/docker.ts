// Runs a Docker daemon of its own, beside the machine's: nothing of it is left when the tool exits or is interrupted.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Argv, startRun, until } from "port-contract/harness";
import { removeGroup } from "../recipes/own-systemd";
import { scratchFolder } from "../recipes/scratch";

/** A running daemon. */
export interface Docker {
  /** For files of the experiments; removed with the daemon's. */
  folder: string;
  /**
   * Runs `docker` and resolves to its output.
   * @param env Added to its environment.
   * @throws Error with the output when it fails
   */
  docker: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<string>;
}

/**
 * The prefix of a command whose processes and mounts end with it: they are in namespaces of their own, of which it is
 * process 1.
 */
export const CONFINED = [
  ...["unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc"],
] as const;

/** Hides the machine's containerd, which the daemon would use, and starts the daemon. */
const START = [
  "for of in containerd docker; do mkdir -p /run/$of; mount -t tmpfs tmpfs /run/$of; done",
  'exec dockerd "$@"',
].join(" && ");

const START_LIMIT_MS = 30_000;

/** Starts a daemon. @throws Error when this process is not root's, or with its output when it does not start */
export async function startDocker(): Promise<Docker> {
  if (process.getuid?.() !== 0) throw new Error("a Docker daemon needs root: run this as root");
  const group = `lab-scheduler-${process.pid}`;
  process.once("exit", () => removeGroups(group));
  const { folder } = scratchFolder("scheduler");
  const at = (name: string) => join(folder, name);
  // Containers use the machine's network: no bridge, and no change of its firewall or routing.
  const network = ["--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"];
  const run = startRun([
    ...[...CONFINED, "sh", "-c", START, "sh"],
    ...[`--host=unix://${at("socket")}`, `--pidfile=${at("pid")}`],
    ...[`--data-root=${at("data")}`, `--exec-root=${at("exec")}`, `--cgroup-parent=${group}`],
    ...network,
  ] as unknown as Argv);
  const env = {
    DOCKER_HOST: `unix://${at("socket")}`,
    DOCKER_CONFIG: at("config"),
    // BuildKit's client is a plug-in that Debian does not have.
    DOCKER_BUILDKIT: "0",
  };
  const docker: Docker["docker"] = (args, more) =>
    execute(["docker", ...args], { ...env, ...more });
  const isOver = async () =>
    run.exit() !== undefined || (await docker(["info"]).catch(() => undefined));
  if (!(await until(isOver, START_LIMIT_MS, 200)) || run.exit())
    throw new Error(`dockerd does not start; its output:\n${run.output.text()}`);
  return { folder, docker };
}

/** Runs a program, and resolves to its output. @throws Error with the output when it fails */
export async function execute(
  argv: Argv,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const run = startRun(argv, { env });
  const { code } = await run.exited;
  await run.reap();
  const output = run.output.text().trim();
  if (code !== 0) throw new Error(`${argv.join(" ")} failed:\n${output}`);
  return output;
}

/** Removes the containers' cgroups, which outlive their processes. */
function removeGroups(name: string): void {
  const mounts = readFileSync("/proc/mounts", "utf8").matchAll(/^\S+ (\S+) cgroup2? /gm);
  let groups = [...mounts].map(([, at]) => join(at!, name)).filter((at) => existsSync(at));
  for (let tries = 0; groups.length > 0 && tries < 100; tries++) {
    groups = groups.filter((at) => !removeGroup(at));
    // Nothing else can wait here: the process exits, and the containers have only just been killed.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
}
