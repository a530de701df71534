// B4: an invalid PORT is an error, not some other port.
import { existsSync, rmSync } from "node:fs";
import { type Clause, fail, pass } from "../clause";
import type { Context } from "../context";
import { freePort } from "../ports/free-port";
import type { Run } from "../harness/run";
import { until, within } from "../harness/wait";
import { seconds, describeExit } from "../wording";

const limitMs = 5000;

/** Bad values derived from a free port, so that a program that accepts one cannot collide with another. */
function badValues(port: number): string[] {
  const [digits, hex] = [String(port), port.toString(16)];
  const words = [`abc${digits}`, `${digits}abc`, `-${digits}`, `${65_536 + port}`];
  return [...words, `${digits}.5`, `${digits}e0`, `0x${hex}`, ""];
}

/** What the program does wrong with a bad value; `undefined` when it rejects the value properly. */
async function violation(context: Context, value: string): Promise<string | undefined> {
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
    if (exit.code === 0) return describeExit(exit);
    return /\bport\b/i.test(run.output.text()) ? undefined : "refused, but PORT is not named";
  } finally {
    await run.reap();
    if (value) rmSync(value, { force: true });
  }
}

/** Groups values with the same violation: `"abc", "-1": binds a Unix socket`. */
function grouped(violations: readonly { value: string; wrong: string }[]): string {
  const kinds = new Map<string, string[]>();
  for (const { value, wrong } of violations)
    kinds.set(wrong, [...(kinds.get(wrong) ?? []), JSON.stringify(value)]);
  return [...kinds].map(([wrong, values]) => `${values.join(", ")}: ${wrong}`).join("; ");
}

/** Where the program serves despite the value. A socket that does not respond may belong to a start that fails later. */
async function takenAs(context: Context, run: Run, value: string): Promise<string | undefined> {
  for (const { port, path } of run.listeners()) {
    // listen("8080abc") in Node binds a Unix socket of that name, and reports success.
    if (path !== undefined && path === value) return "binds a Unix socket";
    if (port && (await responds(context, port))) return `serves port ${port}`;
  }
  return value && existsSync(value) ? `creates the file ${value}` : undefined;
}

async function responds({ runProbe }: Context, port: number): Promise<boolean> {
  const response = runProbe({ host: "127.0.0.1", port }).then(
    () => true,
    () => false,
  );
  return (await within(response, 500)) ?? false;
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
    const violations = [];
    for (const value of values) {
      const wrong = await violation(context, value);
      if (wrong) violations.push({ value, wrong });
    }
    if (violations.length === 0) return pass(`${values.length} bad values refused`);
    return fail(`${violations.length} of ${values.length}: ${grouped(violations)}`);
  },
};
