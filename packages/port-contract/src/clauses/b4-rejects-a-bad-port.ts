// B4: an invalid PORT is an error, not some other port.
import { existsSync, rmSync } from "node:fs";
import { type Clause, fail, pass } from "../clause";
import type { Context } from "../context";
import { freePort } from "../ports/free-port";
import type { Run } from "../harness/run";
import { until, within } from "../harness/wait";
import { seconds, shortExit } from "../wording";

const limitMs = 5000;

/** Bad values derived from a free port, so that a program that accepts one cannot collide with another. */
function badValues(port: number): string[] {
  const [digits, hex] = [String(port), port.toString(16)];
  const words = [`abc${digits}`, `${digits}abc`, `-${digits}`, `${65_536 + port}`];
  return [...words, `${digits}.5`, `${digits}e0`, `0x${hex}`, ""];
}

/** How the program mishandles one bad value; `undefined` when it refuses it properly. */
async function complaint(context: Context, value: string): Promise<string | undefined> {
  const run = await context.launch({ port: value });
  try {
    const taking = until(
      async () => run.exit() ?? (await takenAs(context, run, value)),
      limitMs,
      250,
    );
    await Promise.race([run.exited, taking]);
    const taken = await takenAs(context, run, value);
    if (taken) return taken;
    const exit = run.exit();
    if (!exit) return `still running after ${seconds(limitMs)}`;
    if (exit.code === 0) return shortExit(exit);
    return /\bport\b/i.test(run.output.text()) ? undefined : "refused, but PORT is not named";
  } finally {
    await run.reap();
    if (value) rmSync(value, { force: true });
  }
}

/** Groups values with the same complaint: `"abc", "-1": binds a Unix socket`. */
function grouped(complaints: readonly { value: string; wrong: string }[]): string {
  const kinds = new Map<string, string[]>();
  for (const { value, wrong } of complaints)
    kinds.set(wrong, [...(kinds.get(wrong) ?? []), JSON.stringify(value)]);
  return [...kinds].map(([wrong, values]) => `${values.join(", ")}: ${wrong}`).join("; ");
}

/** Where the program serves despite the value. A socket that does not respond may belong to a start that fails later. */
async function takenAs(context: Context, run: Run, value: string): Promise<string | undefined> {
  for (const { port, path } of run.listeners()) {
    // listen("8080abc") in Node binds a Unix socket of that name, and reports success.
    if (path !== undefined && path === value) return "binds a Unix socket";
    if (port && (await answers(context, port))) return `serves port ${port}`;
  }
  return value && existsSync(value) ? `creates the file ${value}` : undefined;
}

async function answers({ ask }: Context, port: number): Promise<boolean> {
  const answer = ask({ host: "127.0.0.1", port }).then(
    () => true,
    () => false,
  );
  return (await within(answer, 500)) ?? false;
}

export const clause: Clause = {
  id: "B4",
  level: "MUST",
  title: "rejects a bad PORT",
  demandedBy:
    'Node\'s listen("8080abc") binds a Unix socket and succeeds; Number() accepts 1e4 and 0x1F90',
  breaksOn: "everywhere: the platform waits for a port that never opens, and no message says why",
  fix: "match PORT against /^\\d{1,5}$/ and 0-65535 first; otherwise exit non-zero with a message that names it",
  procedure:
    "Try eight bad values (abc, -1, 8080abc, 70000, 80.5, 80e0, 0x50, empty): each one causes a non-zero exit " +
    "within 5 s and a message that names the port, and leaves no socket and no file.",
  async check(context) {
    const values = badValues(await freePort());
    const complaints = [];
    for (const value of values) {
      const wrong = await complaint(context, value);
      if (wrong) complaints.push({ value, wrong });
    }
    if (complaints.length === 0) return pass(`${values.length} bad values refused`);
    return fail(`${complaints.length} of ${values.length}: ${grouped(complaints)}`);
  },
};
