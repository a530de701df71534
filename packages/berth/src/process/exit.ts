// Exits the process within a quarter of a second, even if threads of libuv's pool are stuck.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";

/** `process.exit` waits for these, however long they take: a DNS lookup takes 30 s or more if no name server responds. */
const IN_THREAD_POOL = /^(Get(Addr|Name)Info|FS)Req/;

/** How long to wait for the thread pool, and how often to check it, in milliseconds. */
const GRACE_MS = 250;
const CHECK_MS = 10;

/** Replaces the running program, and so ends its threads; since Node 22.15, not on Windows. */
type Execve = (file: string, args: string[], env: NodeJS.ProcessEnv) => never;

/**
 * Exits with the code, after the `exit` listeners. If a thread is stuck and this Node has no `execve`, the process kills
 * itself with SIGKILL, so its exit code is 137; as PID 1 it aborts, with 139.
 */
export async function exit(code: number, logger: Logger): Promise<never> {
  const deadline = performance.now() + GRACE_MS;
  while (inThreadPool().length > 0 && performance.now() < deadline) await sleep(CHECK_MS);
  const waitingFor = inThreadPool();
  if (waitingFor.length > 0) {
    // Otherwise exit code 137 looks like an OOM kill.
    logger.warn(
      { waitingFor, code },
      "exiting without waiting for a DNS lookup or file access that does not finish",
    );
    abandonThreadPool(code);
  }
  process.exit(code);
}

const inThreadPool = (): string[] =>
  process.getActiveResourcesInfo().filter((name) => IN_THREAD_POOL.test(name));

/** Neither `process.exit` nor `process.reallyExit` ends a thread that is blocked in a system call. */
function abandonThreadPool(code: number): never {
  process.emit("exit", code);
  const { execve } = process as { execve?: Execve };
  try {
    execve?.(process.execPath, [process.execPath, "--eval", `process.exit(${code})`], {});
  } catch {
    // Not allowed on Windows or by Node's permission model: SIGKILL ends the process, too, but with another exit code.
  }
  process.kill(process.pid, "SIGKILL");
  // PID 1 cannot kill itself.
  process.abort();
}
