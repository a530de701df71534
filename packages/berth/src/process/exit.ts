// Ends a process at once, whatever its thread pool still waits for.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";

/** `process.exit` waits for these, however long they take: a name lookup 30 s and more when no name server answers. */
const IN_THREAD_POOL = /^(Get(Addr|Name)Info|FS)Req/;

/** How long what is about to end may take to do so, in milliseconds. */
const GRACE_MS = 250;
const LOOK_MS = 10;

/** Replaces the running program, and with it its threads; Node 22.15 and later, not on Windows. */
type Execve = (file: string, args: string[], env: NodeJS.ProcessEnv) => never;

/**
 * Exits with the code, after the listeners of `exit`. Where a thread is stuck and this Node has no `execve`, SIGKILL
 * ends the process.
 */
export async function exit(code: number, logger: Logger): Promise<never> {
  const deadline = performance.now() + GRACE_MS;
  while (inThreadPool().length > 0 && performance.now() < deadline) await sleep(LOOK_MS);
  const waitingFor = inThreadPool();
  if (waitingFor.length > 0) {
    // Else who reads 137 looks for a lack of memory.
    logger.warn(
      { waitingFor, code },
      "not waiting for a name server or a file that does not answer",
    );
    abandonThreadPool(code);
  }
  process.exit(code);
}

const inThreadPool = (): string[] =>
  process.getActiveResourcesInfo().filter((name) => IN_THREAD_POOL.test(name));

/** Nothing else ends a thread that waits in a system call: neither `process.exit` nor `process.reallyExit`. */
function abandonThreadPool(code: number): never {
  process.emit("exit", code);
  const { execve } = process as { execve?: Execve };
  try {
    execve?.(process.execPath, [process.execPath, "--eval", `process.exit(${code})`], {});
  } catch {
    // Refused, on Windows or by Node's permissions: what follows ends the process as well, with another code.
  }
  process.kill(process.pid, "SIGKILL");
  // Process 1 cannot kill itself.
  process.abort();
}
