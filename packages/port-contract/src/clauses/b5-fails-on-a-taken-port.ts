// B5: a port that is already in use is an error.
import { type Clause, fail, pass } from "../clause";
import type { Context } from "../context";
import { heldPort } from "../ports/free-port";
import { within } from "../harness/wait";
import { describeOutput, seconds, describeExit } from "../wording";

const limitMs = 5000;
// A line claims success if it says "listening", or if it names the port and says "started", "ready" and the like.
const success = /\b(running|started|ready|serving|listening)\b/i;
const listening = /\blistening\b/i;
const failure = /EADDRINUSE|in use|taken|occupied|unavailable|cannot|can't|could not|fail|error/i;

/** Starts the program on a port in use, and describes what it does wrong. */
async function violation(context: Context, port: number): Promise<string | undefined> {
  const run = await context.launch({ port: String(port) });
  const exit = await within(run.exited, limitMs);
  if (!exit) return `still running after ${seconds(limitMs)}; ${describeOutput(run.output)}`;
  const claims = (line: string) =>
    (listening.test(line) || (success.test(line) && line.includes(String(port)))) &&
    !failure.test(line);
  const claim = run.output.lines().find(claims);
  if (claim) return `claims success: ${JSON.stringify(claim)}, then ${describeExit(exit)}`;
  if (exit.code === 0) return `${describeExit(exit)}, which counts as success`;
  if (!failure.test(run.output.text())) return `prints no reason; ${describeOutput(run.output)}`;
}

export const clause: Clause = {
  id: "B5",
  level: "MUST",
  title: "fails when PORT is in use",
  demandedBy:
    "Express 5 passes the error to listen's callback: if the callback ignores it, the app prints success and exits with 0",
  breaksOn:
    "process managers: exit code 0 means done, so nothing restarts it; a success line misleads the reader of the log",
  fix: "log success on 'listening' only; on 'error' print the reason and how to fix it, and exit with 1",
  procedure:
    "Occupy PORT on every address, then start: non-zero exit within 5 s, no success line, and a message with the reason.",
  async check(context) {
    const { server: holder, port } = await heldPort();
    try {
      const wrong = await violation(context, port);
      return wrong ? fail(wrong) : pass("non-zero exit, and the reason printed");
    } finally {
      holder.close();
    }
  },
};
