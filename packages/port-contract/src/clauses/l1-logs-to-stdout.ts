// L1: logs are an unbuffered stream on stdout, and whoever reads it may go away.
import { basename } from "node:path";
import { type Clause, fail, type Outcome, pass } from "../clause";
import type { Service } from "../come-up";
import type { Context } from "../context";
import { filesHeldOpen, filesWrittenSince } from "../system/files";
import { onTerminal } from "../system/terminal";
import { ended, stop } from "../harness/stop";
import { listOf, seconds, shortExit } from "../wording";

const promptMs = 1000;
const requestsAfterHangUp = 5;
const isLogFile = (path: string) =>
  /\.log(\.[\w-]+)?$/.test(basename(path)) || /\/logs?\//.test(path);
const hasLine = (text: string) => text.includes("\n");

/** What a silent service has held back: lines that come at its exit, or that it prints on a terminal. */
async function heldBack(context: Context, service: Service): Promise<string | undefined> {
  await stop(service, context.settings.platform.graceSeconds * 1000);
  const late = service.output.lines().length;
  // A single line may well be about the exit itself.
  if (late > 1) return `${late} lines came only at the exit`;
  const argv = onTerminal(context.settings.command.argv);
  if (!argv) return undefined;
  const shown = await context.start({ argv });
  const talks = await shown.output.shows(hasLine, promptMs);
  return talks ? "prints on a terminal at once, and into a pipe nothing" : undefined;
}

async function judgeStream(context: Context, service: Service): Promise<Outcome | string> {
  await context.ask(service);
  if (await service.output.shows(hasLine, promptMs)) {
    const whole = await service.output.shows((text) => text.endsWith("\n"), promptMs);
    return whole ? "in the pipe at once" : fail("the last line is not ended by a newline");
  }
  const held = await heldBack(context, service);
  return held ? fail(`nothing in the pipe within ${seconds(promptMs)}: ${held}`) : "prints nothing";
}

function judgeFiles(service: Service, sinceMs: number): Outcome | undefined {
  const pids = service.processes().map(({ pid }) => pid);
  const files = [...filesHeldOpen(pids), ...filesWrittenSince(sinceMs)].filter(isLogFile);
  return files.length > 0 ? fail(`writes ${listOf([...new Set(files)])}`) : undefined;
}

async function judgeHangUp(context: Context): Promise<Outcome | undefined> {
  const service = await context.start();
  service.output.hangUp();
  for (let sent = 0; sent < requestsAfterHangUp; sent += 1)
    await context.ask(service).catch(() => undefined);
  const exit = service.exit() ?? (await ended(service, 200)).exit;
  return exit && fail(`${shortExit(exit)} when the reader of its output had gone (EPIPE)`);
}

export const clause: Clause = {
  id: "L1",
  level: "MUST",
  title: "logs unbuffered to stdout, to no file, and survives a closed stdout",
  demandedBy: "The Twelve-Factor App (logs)",
  breaksOn:
    "everywhere: files vanish with the container, buffered lines with the crash they would explain, EPIPE kills a " +
    "serving process when the log router restarts",
  mend: "log to stdout only; PYTHONUNBUFFERED=1, $stdout.sync = true; handle 'error' on process.stdout",
  procedure:
    "Something is in the pipe within 1 s of a request, or nothing is held back; no log file is held open or written in " +
    "the working directory; with both pipes closed it goes on serving.",
  async check(context) {
    const sinceMs = Date.now();
    const service = await context.start();
    const files = context.ask(service).then(() => judgeFiles(service, sinceMs));
    const wrongFiles = await files;
    if (wrongFiles) return wrongFiles;
    const stream = await judgeStream(context, service);
    if (typeof stream !== "string") return stream;
    return (await judgeHangUp(context)) ?? pass(`${stream}; no log file; EPIPE survived`);
  },
};
