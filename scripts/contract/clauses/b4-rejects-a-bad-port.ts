// B4: nonsense in PORT is an error and no other port.
import { existsSync, rmSync } from "node:fs";
import { type Clause, fail, pass } from "../clause";
import type { Context } from "../context";
import { freePort } from "../harness/free-port";
import type { Run } from "../harness/run";
import { until } from "../harness/wait";
import { lastLine, listOf, seconds, shortExit } from "../wording";

const limitMs = 5000;

/** Bad values around a free port: whoever takes one binds a port, or creates a file, that is nobody else's. */
function badValues(port: number): string[] {
  const [digits, hex] = [String(port), port.toString(16)];
  const words = [`abc${digits}`, `${digits}abc`, `-${digits}`, `${65_536 + port}`];
  return [...words, `${digits}.5`, `${digits}e0`, `0x${hex}`, ` ${digits} `, ""];
}

/** What is wrong with how the program takes one bad value; `undefined` when it is refused well. */
async function complaint(context: Context, value: string): Promise<string | undefined> {
  const run = await context.launch({ port: value });
  const shown = `PORT=${JSON.stringify(value)}`;
  try {
    const taking = until(() => run.exit() ?? opened(run, value), limitMs, 250);
    await Promise.race([run.exited, taking]);
    const taken = opened(run, value);
    if (taken) return `${shown} is taken: ${taken}`;
    const exit = run.exit();
    if (!exit) return `${shown}: still running after ${seconds(limitMs)}`;
    if (exit.code === 0) return `${shown}: ${shortExit(exit)}`;
    if (!/\bport\b/i.test(run.output.text()))
      return `${shown}: the message does not name PORT: ${lastLine(run.output)}`;
  } finally {
    await run.reap();
    if (value) rmSync(value, { force: true });
  }
}

/** `listen("8080abc")` in Node binds a Unix socket of that name, and reports success. */
function opened(run: Run, value: string): string | undefined {
  const [socket] = run.listeners().filter(({ path }) => path === undefined || path === value);
  if (socket) return socket.port ? `listens on port ${socket.port}` : `binds a Unix socket`;
  return value && existsSync(value) ? `creates the file ${value}` : undefined;
}

export const clause: Clause = {
  id: "B4",
  level: "MUST",
  title: "rejects a bad PORT",
  demandedBy:
    'Node\'s listen("8080abc") binds a Unix socket and succeeds; Number() takes 1e4 and 0x1F90',
  breaksOn: "everywhere: the platform waits for a port that never opens, and no message says why",
  mend: "match PORT against /^\\d{1,5}$/ and 0-65535 before anything else, and exit non-zero naming it",
  procedure:
    "Nine bad values (abc, -1, 8080abc, 70000, 80.5, 80e0, 0x50, blanks, empty): each time a non-zero exit " +
    "within 5 s, no socket, no file, and a message that names the port.",
  async check(context) {
    const values = badValues(await freePort());
    const complaints = [];
    for (const value of values) complaints.push(await complaint(context, value));
    const wrong = complaints.filter((one) => one !== undefined);
    if (wrong.length === 0) return pass(`${values.length} of ${values.length} bad values refused`);
    return fail(`${wrong.length} of ${values.length} not refused: ${listOf(wrong)}`);
  },
};
