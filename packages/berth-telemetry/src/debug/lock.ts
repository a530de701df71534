// Allows one capture at a time: two profiles would measure each other, and two snapshots take twice the memory.
import type { Refusal, Task } from "./captures";

/** How long a heap snapshot probably takes, in milliseconds; for `Retry-After`. */
const SNAPSHOT_MS = 10_000;

/** Reading the state does not take the lock. */
export function createLock() {
  let freeAt: number | undefined;
  return {
    /** Takes the lock, or returns why that is not possible. */
    take(task: Task): Refusal | undefined {
      if (task.kind === "state") return undefined;
      if (freeAt !== undefined) {
        const retryAfterSeconds = Math.max(1, Math.ceil((freeAt - performance.now()) / 1000));
        return { status: 409, detail: "Another capture is still running.", retryAfterSeconds };
      }
      const takesMs = task.kind === "heap-snapshot" ? SNAPSHOT_MS : task.seconds * 1000;
      freeAt = performance.now() + takesMs;
      return undefined;
    },
    release(task: Task): void {
      if (task.kind !== "state") freeAt = undefined;
    },
  };
}
