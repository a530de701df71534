// Captures what this process does: its state, a profile, or a heap snapshot.
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { writeHeapSnapshot } from "node:v8";
import type { Logger } from "pino";
import { makeFolder, removeFolder } from "./folder";
import type { ProcessState } from "./state";

/** What to capture. */
export type Task =
  | { kind: "state" }
  /** A heap profile samples which functions allocated the objects that are still alive. */
  | { kind: "cpu-profile" | "heap-profile"; seconds: number }
  /** `maxMb`: the largest heap allowed; by default one whose snapshot takes a few seconds. */
  | { kind: "heap-snapshot"; maxMb: number | undefined };

/** The result of a task, as plain data: it may come from another process. */
export type Outcome =
  | { state: ProcessState }
  /** A profile. */
  | { text: string }
  /** A heap snapshot: this file, in a folder of its own, which the receiver removes. */
  | { file: string }
  | Refusal;

/** Why nothing was captured. */
export interface Refusal {
  /** An HTTP status. */
  status: number;
  detail: string;
  retryAfterSeconds?: number;
}

/** Carries out a task in this process. @param end Ends it early: a profile then covers the time until now. */
export type RunTask = (task: Task, end: AbortSignal) => Promise<Outcome>;

/** The largest heap to snapshot by default, in MB. */
const MAX_HEAP_MB = 100;
/** What a snapshot takes per MB of heap with small objects: MB of memory, and seconds. Large objects take a third of both. */
const MEMORY_PER_MB = 13;
const SECONDS_PER_MB = 0.08;
const MB = 1024 * 1024;

/** @param readState Reads the state of this process. */
export const createRunTask =
  (readState: () => ProcessState, logger: Logger): RunTask =>
  async (task, end) => {
    try {
      if (task.kind === "state") return { state: readState() };
      if (task.kind !== "heap-snapshot") {
        logger.info({ seconds: task.seconds }, `taking a ${task.kind}`);
        return { text: await profile(task, end) };
      }
      return await snapshotHeap(task.maxMb, end, logger);
    } catch (err) {
      logger.error({ err }, `the ${task.kind} has failed`);
      return { status: 500, detail: `The ${task.kind} has failed: ${(err as Error).message}` };
    }
  };

/** Resolves with the text of a .cpuprofile or .heapprofile. Other sessions, such as a debugger's, are not disturbed. */
async function profile(
  { kind, seconds }: Extract<Task, { seconds: number }>,
  end: AbortSignal,
): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    const wait = () => sleep(seconds * 1000, undefined, { signal: end }).catch(() => undefined);
    if (kind === "heap-profile") {
      await session.post("HeapProfiler.startSampling");
      await wait();
      return JSON.stringify((await session.post("HeapProfiler.stopSampling")).profile);
    }
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    await wait();
    return JSON.stringify((await session.post("Profiler.stop")).profile);
  } finally {
    session.disconnect();
  }
}

async function snapshotHeap(
  maxMb: number | undefined,
  end: AbortSignal,
  logger: Logger,
): Promise<Outcome> {
  const heapMb = Math.ceil(process.memoryUsage().heapUsed / MB);
  const freeMb = Math.floor(process.availableMemory() / MB);
  if (heapMb > (maxMb ?? Math.min(MAX_HEAP_MB, freeMb / MEMORY_PER_MB))) {
    return tooLarge(heapMb, freeMb);
  }
  let folder: string | undefined;
  try {
    folder = await makeFolder();
    if (end.aborted) {
      await removeFolder(folder);
      return { status: 503, detail: "The process is draining, or the client has disconnected." };
    }
    const file = join(folder, "snapshot");
    logger.warn({ heapMb }, "taking a heap snapshot: the event loop is blocked meanwhile");
    // So that the line is written first: if memory runs out, it is the last one.
    await nextTurn();
    const startedAt = performance.now();
    writeHeapSnapshot(file);
    const durationMs = Math.round(performance.now() - startedAt);
    const done = `a heap snapshot has blocked the event loop for ${durationMs} ms`;
    logger.warn({ heapMb, durationMs }, done);
    return { file };
  } catch (err) {
    if (folder !== undefined) await removeFolder(folder);
    throw new Error(`${(err as Error).message}; ${CURE}`, { cause: err });
  }
}

const CURE = "set TMPDIR to a writable folder with room for a few times the heap";

const tooLarge = (heapMb: number, freeMb: number): Refusal => ({
  status: 409,
  detail:
    `The heap has ${heapMb} MB. A snapshot would block the process for up to ${Math.ceil(heapMb * SECONDS_PER_MB)} s, and take up to ${heapMb * MEMORY_PER_MB} MB of memory; ${freeMb} MB are free. ` +
    `To take it anyway, add ?max-mb=${heapMb * 2}. A heap-profile shows what allocates, at little cost.`,
});
