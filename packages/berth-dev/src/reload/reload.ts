// Runs a program and starts it anew when a file in its folder is saved, migrations first; behind `npm run dev`.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isPortFree } from "../formation/free-ports";
import { describeHolder } from "../formation/port-holder";
import { compiled } from "../typescript";
import { watchSaves } from "./saves";

/** How often to look whether a taken port is free, in milliseconds. */
const LOOK_MS = 250;
/** How long a program may take to end when a debugger can have paused it, in milliseconds. */
const DEBUGGED_GRACE_MS = 2000;

const IN_MIGRATIONS = /[\\/]migrations([\\/]|$)/;

const { INSPECT_PORT, ...inherited } = process.env;
/** A reload does not wait for requests as long as a deploy does, and for no router at all. */
const env: NodeJS.ProcessEnv = { SHUTDOWN_TIMEOUT_MS: "1000", ...inherited, DRAIN_DELAY_MS: "0" };

interface Running {
  process: ChildProcess;
  /** Resolves to the exit code, or to the signal's name. */
  ended: Promise<number | string>;
}

const running = new Set<ChildProcess>();
let isStopping = false;
/** What this process ends with: what the program does. */
let exitCode = 0;

function start(file: string, ...flags: string[]): Running {
  const args = [...flags, "--require", require.resolve("../typescript"), file];
  const child = spawn(process.execPath, args, { stdio: "inherit", env });
  running.add(child);
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      running.delete(child);
      resolve(code ?? (signal as string));
    });
  });
  return { process: child, ended };
}

function startProgram(program: string): Running {
  const child = start(program, ...(INSPECT_PORT ? [`--inspect=${INSPECT_PORT}`] : []));
  child.process.once("exit", (code) => (exitCode = code ?? 1));
  return child;
}

/** This process keeps the compiler loaded, which its program would have to load for each changed file. */
function compileAhead(path: string): void {
  try {
    if (path.endsWith(".ts")) compiled(resolve(path));
  } catch {
    // Gone again, or broken: the program says so when it loads it.
  }
}

/** Says how the program has ended of itself, and resolves when it is worth another try: once a port that was taken is free. */
async function worthAnotherTry(program: string, code: number | string, saved: AbortSignal) {
  const port = Number(env.PORT);
  if (code === 0 || !port || (await isPortFree(port))) {
    console.log(`${program} ended with ${code}, waiting for a change`);
    return new Promise<never>(() => {});
  }
  console.log(
    `${program} ended with ${code}, as port ${port} is taken${describeHolder(port)}: trying again once it is free`,
  );
  while (!saved.aborted && !(await isPortFree(port))) await delay(LOOK_MS);
}

/** A process that a debugger has paused hears no SIGTERM, and one that has ended waits for its debugger to leave. */
async function stop(child: Running): Promise<void> {
  child.process.kill("SIGTERM");
  const kill = () => child.process.kill("SIGKILL");
  const timer = INSPECT_PORT ? setTimeout(kill, DEBUGGED_GRACE_MS) : undefined;
  await child.ended;
  clearTimeout(timer);
}

async function main(program: string): Promise<void> {
  const migrate = join(dirname(program), "migrate.ts");
  const saves = watchSaves(dirname(program), console.log);
  let isMigrated = true;

  /** Applies the migrations that have been saved, and returns whether the program can be started on them, or at all. */
  async function applyMigrations(): Promise<boolean> {
    const saved = saves.take();
    if (saved.some((path) => IN_MIGRATIONS.test(path))) isMigrated = false;
    saved.forEach(compileAhead);
    if (!existsSync(program)) {
      console.log(`${program} is gone, what runs stays as it is: waiting for it to come back`);
      return false;
    }
    if (isMigrated || !existsSync(migrate)) return true;
    const code = await start(migrate).ended;
    isMigrated = code === 0;
    if (!isMigrated)
      console.log(
        `${migrate} ended with ${code}, ${program} stays as it is: trying again at the next save`,
      );
    return isMigrated;
  }

  for (;;) {
    const child = startProgram(program);
    const saved = new AbortController();
    const again = child.ended.then((code) => {
      if (isStopping || saved.signal.aborted) return undefined;
      return worthAnotherTry(program, code, saved.signal);
    });
    await Promise.race([again, saves.pending()]);
    while (!(await applyMigrations())) await saves.pending();
    saved.abort();
    await stop(child);
    if (isStopping) return;
    console.log(`starting ${program} anew`);
  }
}

function endOnSignals(): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      isStopping = true;
      if (running.size === 0) process.exit(0);
      const endIfLast = () => running.size === 0 && process.exit(exitCode);
      for (const child of running) child.once("exit", endIfLast).kill(signal);
    });
  }
}

endOnSignals();
void main(process.argv[2] as string);
