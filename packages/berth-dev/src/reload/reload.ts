// `berth reload`: runs a program, and restarts it when a file in its folder is saved, after it has applied new migrations.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseCommandLine, UsageError } from "port-contract/args";
import { describeHolder, isPortFree } from "../formation/free-ports";
import { compileFile } from "../typescript";
import { type Saves, watchSaves } from "./saves";

const usage = `Usage: berth reload PROGRAM

Runs a TypeScript program, such as src/server.ts, and restarts it when a file in its folder is saved. Before a restart
it runs migrate.ts beside the program, if there is one and a file in a migrations folder was saved.

  --help    show this

Environment variables:
  INSPECT_PORT         the port for a debugger (default: none)
  SHUTDOWN_TIMEOUT_MS  how long the program may take to stop, in milliseconds (default: 1000)`;

/** How often to check whether a port in use is free, in milliseconds. */
const POLL_MS = 250;
/** How long a program that a debugger may have paused gets to exit, in milliseconds. */
const DEBUGGED_GRACE_MS = 2000;

const IN_MIGRATIONS = /[\\/]migrations([\\/]|$)/;

const { INSPECT_PORT, ...inherited } = process.env;
/** A reload drains for a shorter time than a deploy, and needs no drain delay, as no router has to notice. */
const env: NodeJS.ProcessEnv = { SHUTDOWN_TIMEOUT_MS: "1000", ...inherited, DRAIN_DELAY_MS: "0" };

interface Running {
  process: ChildProcess;
  /** Resolves to the exit code or the signal's name; never once a stop is requested, so that nothing follows from it. */
  ended: Promise<number | string>;
}

const running = new Set<ChildProcess>();
let isStopping = false;
/** The program's exit code becomes that of this process. */
let exitCode = 0;

function start(file: string, ...flags: string[]): Running {
  const args = [...flags, "--require", require.resolve("../typescript"), file];
  const child = spawn(process.execPath, args, { stdio: "inherit", env });
  running.add(child);
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      running.delete(child);
      if (!isStopping) resolve(code ?? (signal as string));
    });
  });
  return { process: child, ended };
}

function startProgram(program: string): Running {
  const child = start(program, ...(INSPECT_PORT ? [`--inspect=${INSPECT_PORT}`] : []));
  child.process.once("exit", (code) => (exitCode = code ?? 1));
  return child;
}

/** Compiles into the cache, as this process has the compiler loaded; the restarted program would have to load it. */
function compileAhead(path: string): void {
  try {
    if (path.endsWith(".ts")) compileFile(resolve(path));
  } catch {
    // Deleted or invalid: the program reports it when it loads the file.
  }
}

/** Reports an exit of the program by itself. If its port was in use, resolves once it is free; otherwise never, until a save. */
async function reportExit(program: string, code: number | string, saved: AbortSignal) {
  const port = Number(env.PORT);
  if (code === 0 || !port || (await isPortFree(port))) {
    console.log(`${program} exited with ${code}, waiting for a change`);
    return new Promise<never>(() => {});
  }
  console.log(
    `${program} exited with ${code}, as port ${port} is in use${describeHolder(port)}: restarting it once the port is free`,
  );
  while (!saved.aborted && !(await isPortFree(port))) await delay(POLL_MS);
}

/** Under a debugger, kills it after a while: paused, it handles no signal; at exit, it waits for the debugger. */
function signalProcess(child: ChildProcess, signal: NodeJS.Signals): void {
  child.kill(signal);
  if (!INSPECT_PORT) return;
  const timer = setTimeout(() => child.kill("SIGKILL"), DEBUGGED_GRACE_MS);
  child.once("exit", () => clearTimeout(timer));
}

async function reload(program: string, saves: Saves): Promise<never> {
  const migrate = join(dirname(program), "migrate.ts");
  let isMigrated = true;

  /** Compiles saved files and applies saved migrations. Returns whether the program can be restarted. */
  async function prepareRestart(): Promise<boolean> {
    const saved = saves.take();
    if (saved.some((path) => IN_MIGRATIONS.test(path))) isMigrated = false;
    saved.forEach(compileAhead);
    if (!existsSync(program)) {
      console.log(
        `${program} does not exist, the running process continues: waiting for the file to come back`,
      );
      return false;
    }
    if (isMigrated || !existsSync(migrate)) return true;
    const code = await start(migrate).ended;
    isMigrated = code === 0;
    if (!isMigrated)
      console.log(
        `${migrate} exited with ${code}, ${program} keeps running: trying again at the next save`,
      );
    return isMigrated;
  }

  for (;;) {
    const child = startProgram(program);
    const saved = new AbortController();
    const portFree = child.ended.then((code) => {
      if (saved.signal.aborted) return undefined;
      return reportExit(program, code, saved.signal);
    });
    await Promise.race([portFree, saves.pending()]);
    while (!(await prepareRestart())) await saves.pending();
    saved.abort();
    signalProcess(child.process, "SIGTERM");
    await child.ended;
    console.log(`restarting ${program}`);
  }
}

/** Passes signals on. Nothing is started after one, and the last process to exit ends this one. */
function endOnSignals(saves: Saves): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      isStopping = true;
      saves.close();
      if (running.size === 0) process.exit(0);
      const endIfLast = () => running.size === 0 && process.exit(exitCode);
      for (const child of running) signalProcess(child.once("exit", endIfLast), signal);
    });
  }
}

/** The program to run; undefined for --help. @throws UsageError */
function readProgram(args: readonly string[]): string | undefined {
  const { values, positionals } = parseCommandLine(args, { help: { type: "boolean", short: "h" } });
  if (values.help) return undefined;
  const [program, ...others] = positionals;
  if (program === undefined || others.length > 0)
    throw new UsageError("name one program: berth reload src/server.ts");
  return program;
}

async function run(args: readonly string[]): Promise<void> {
  const program = readProgram(args);
  if (program === undefined) return console.log(usage);
  const saves = watchSaves(dirname(program), console.log);
  endOnSignals(saves);
  await reload(program, saves);
}

run(process.argv.slice(2)).catch((err: unknown) => {
  console.error(err instanceof UsageError ? `reload: ${err.message}` : err);
  process.exit(1);
});
