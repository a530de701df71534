// L1: logs unbuffered to stdout, and keeps serving when the reader goes away.
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { type Clause, fail, type Outcome, pass } from "../clause";
import type { Service } from "../startup";
import type { Context } from "../context";
import { filesHeldOpen, filesWrittenSince } from "../system/files";
import type { Argv } from "../harness/run";
import { ended, stop } from "../harness/stop";
import { listOf, seconds, describeExit } from "../wording";

const promptMs = 1000;
const requestsAfterHangUp = 5;
const isLogFile = (path: string) =>
  /\.log(\.[\w-]+)?$/.test(basename(path)) || /\/logs?\//.test(path);
const hasLine = (text: string) => text.includes("\n");

const script = "/usr/bin/script";

/** Wraps an argv in script(1) of util-linux, which runs it on a pseudo-terminal; `undefined` if it is not installed. */
function onTerminal(argv: Argv): Argv | undefined {
  if (process.platform !== "linux" || !existsSync(script)) return undefined;
  const quoted = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return [script, "-qfec", quoted.join(" "), "/dev/null"];
}

/** What a silent service has buffered: lines that appear at its exit, or that it prints on a terminal at once. */
async function bufferedOutput(context: Context, service: Service): Promise<string | undefined> {
  await stop(service, context.settings.platform.graceSeconds * 1000);
  const late = service.output.lines().length;
  // A single line may be about the exit itself.
  if (late > 1) return `${late} lines appeared only at the exit`;
  const argv = onTerminal(context.settings.command.argv);
  if (!argv) return undefined;
  const shown = await context.start({ argv });
  const talks = await shown.output.shows(hasLine, promptMs);
  return talks ? "on a terminal it prints at once" : undefined;
}

async function checkStream(context: Context, service: Service): Promise<Outcome | string> {
  await context.runProbe(service);
  if (await service.output.shows(hasLine, promptMs)) {
    const whole = await service.output.shows((text) => text.endsWith("\n"), promptMs);
    return whole ? "unbuffered" : fail("the last line does not end with a newline");
  }
  const buffered = await bufferedOutput(context, service);
  return buffered
    ? fail(`nothing in the pipe within ${seconds(promptMs)}: ${buffered}`)
    : "prints nothing";
}

function checkFiles(service: Service, sinceMs: number): Outcome | undefined {
  const pids = service.processes().map(({ pid }) => pid);
  const files = [...filesHeldOpen(pids), ...filesWrittenSince(sinceMs)].filter(isLogFile);
  return files.length > 0 ? fail(`writes ${listOf([...new Set(files)])}`) : undefined;
}

async function checkHangUp(context: Context): Promise<Outcome | undefined> {
  const service = await context.start();
  service.output.hangUp();
  for (let sent = 0; sent < requestsAfterHangUp; sent += 1)
    await context.runProbe(service).catch(() => undefined);
  const exit = service.exit() ?? (await ended(service, 200)).exit;
  return exit && fail(`${describeExit(exit)} when its stdout and stderr were closed (EPIPE)`);
}

export const clause: Clause = {
  id: "L1",
  level: "MUST",
  title: "logs unbuffered to stdout, to no file, and survives a closed stdout",
  demandedBy: "The Twelve-Factor App (logs)",
  breaksOn:
    "everywhere: files vanish with the container, buffered lines are lost in the crash they would explain, and EPIPE " +
    "kills a serving process when the log router restarts",
  fix: "log to stdout only; set PYTHONUNBUFFERED=1 or $stdout.sync = true; handle 'error' on process.stdout",
  procedure:
    "Output arrives in the pipe within 1 s of a request, or there is none; no log file is open, or written in the " +
    "working directory; with both pipes closed the service keeps serving.",
  async check(context) {
    const sinceMs = Date.now();
    const service = await context.start();
    await context.runProbe(service);
    const files = checkFiles(service, sinceMs);
    if (files) return files;
    const stream = await checkStream(context, service);
    if (typeof stream !== "string") return stream;
    return (await checkHangUp(context)) ?? pass(`${stream}; no log file; EPIPE survived`);
  },
};
