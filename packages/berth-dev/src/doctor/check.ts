// Runs the checks concurrently, each with a time limit.
import type { Context } from "./context";

/** An error must be fixed, a warning should be; a note explains something that works. */
export type Level = "error" | "warning" | "note";

export interface Finding {
  level: Level;
  /** What is wrong, and where. */
  message: string;
  /** What to do about it. */
  cure?: string;
}

/** Looks for one kind of mistake. @param signal Aborted when the check has taken too long. */
export type Check = (context: Context, signal: AbortSignal) => Finding[] | Promise<Finding[]>;

/** A check by name, loaded when it runs: it may need a package that is not installed. */
export type Checks = Readonly<Record<string, () => Promise<Check>>>;

/** A finding, with the name of its check. */
export interface NamedFinding extends Finding {
  check: string;
}

const ORDER: readonly Level[] = ["error", "warning", "note"];

/** Runs the checks. Resolves to their findings, the worst first. A check that fails is a finding, too. */
export async function runChecks(
  checks: Checks,
  context: Context,
  limitMs: number,
): Promise<NamedFinding[]> {
  const all = Object.entries(checks).map(async ([check, load]) => {
    const found = await runCheck(load, context, limitMs);
    return found.map((finding) => ({ check, ...finding }));
  });
  const findings = (await Promise.all(all)).flat();
  return findings.sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
}

async function runCheck(
  load: () => Promise<Check>,
  context: Context,
  limitMs: number,
): Promise<Finding[]> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Finding[]>((resolve) => {
    timer = setTimeout(() => {
      resolve([{ level: "note", message: `not checked: it took longer than ${limitMs / 1000} s` }]);
      controller.abort();
    }, limitMs);
  });
  try {
    const check = await load();
    return await Promise.race([check(context, controller.signal), timeout]);
  } catch (err) {
    return [describeFailure(err as NodeJS.ErrnoException)];
  } finally {
    clearTimeout(timer);
  }
}

function describeFailure({ code, message }: NodeJS.ErrnoException): Finding {
  const [reason] = message.split("\n");
  const lacksPackage = code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
  // The check of packages reports what is missing.
  if (lacksPackage) return { level: "note", message: `not checked: ${reason}` };
  return { level: "warning", message: `not checked, because the check itself failed: ${reason}` };
}
