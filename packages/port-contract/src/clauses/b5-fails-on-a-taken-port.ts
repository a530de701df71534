// B5: a port that somebody else holds is an error and no success.
import { type Clause, fail, pass } from "../clause";
import type { Context } from "../context";
import { heldPort } from "../ports/free-port";
import { within } from "../harness/wait";
import { lastWords, seconds, shortExit } from "../wording";

const limitMs = 5000;
// "Redis … just started" claims nothing about the port; a line that names it does, and so does any "listening".
const success = /\b(running|started|ready|serving|listening)\b/i;
const listening = /\blistening\b/i;
const failure = /EADDRINUSE|in use|taken|occupied|unavailable|cannot|can't|could not|fail|error/i;

/** Starts the program on a port that is held, and says what it does wrong. */
async function complaint(context: Context, port: number): Promise<string | undefined> {
  const run = await context.launch({ port: String(port) });
  const exit = await within(run.exited, limitMs);
  if (!exit) return `still running after ${seconds(limitMs)}; ${lastWords(run.output)}`;
  const claims = (line: string) =>
    (listening.test(line) || (success.test(line) && line.includes(String(port)))) &&
    !failure.test(line);
  const claim = run.output.lines().find(claims);
  if (claim) return `claims success: ${JSON.stringify(claim)}, then ${shortExit(exit)}`;
  if (exit.code === 0) return `${shortExit(exit)}: nobody notices`;
  if (!failure.test(run.output.text())) return `says no reason; ${lastWords(run.output)}`;
}

export const clause: Clause = {
  id: "B5",
  level: "MUST",
  title: "fails when PORT is taken",
  demandedBy:
    "Express 5 hands the error to listen's callback: it prints success and exits 0 when the callback ignores it",
  breaksOn:
    "process managers: exit 0 counts as done, and a success line sends the reader to the wrong place",
  mend: "wait for 'listening' before saying so, and turn 'error' into a message with a cure and exit 1",
  procedure:
    "Hold PORT on every address, then start: non-zero exit within 5 s, no success line, a message that says why.",
  async check(context) {
    const { server: holder, port } = await heldPort();
    try {
      const wrong = await complaint(context, port);
      return wrong ? fail(wrong) : pass("non-zero exit, and the reason printed");
    } finally {
      holder.close();
    }
  },
};
