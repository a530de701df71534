// Notices the death of a shell that only waited for this process, and that has died without passing the signal on.
import { readFileSync } from "node:fs";

/** How often to look, in milliseconds: one system call each time. */
const LOOK_MS = 250;

const SHELL = /(^|\/)-?(ba|da|a|k|mk|z)?sh$/;

/** Redirections may have an ampersand that puts nothing into the background; `&&` has two. */
const NOT_BACKGROUND = /&&|[<>]&|&>/g;
const BETWEEN_COMMANDS = /&&|\|\||[;|\n]/;

/**
 * Whether a process is a shell, such as `sh -c "node dist/server.js"`, that waits in the foreground for the last
 * command of its line, and whether that is ours. A line that puts anything into the background is not: its shell may
 * end whenever it likes.
 * @param parent The parent's arguments, its name first.
 * @param own This process' own arguments, its name first.
 */
export function waitsFor(parent: readonly string[], own: readonly string[]): boolean {
  const [name, ...options] = parent[0]?.endsWith("busybox") ? parent.slice(1) : parent;
  const at = options.findIndex((option) => /^-[a-z]*c$/.test(option));
  const line = options[at + 1];
  if (!SHELL.test(name ?? "") || at < 0 || line === undefined || own.length < 2) return false;
  if (/&|\bnohup\b|\bsetsid\b/.test(line.replace(NOT_BACKGROUND, ""))) return false;
  const last = line.trim().split(BETWEEN_COMMANDS).at(-1) ?? "";
  return ` ${words(last)} `.includes(` ${words(own.slice(1).join(" "))} `);
}

const words = (text: string): string => text.trim().replace(/\s+/g, " ");

/**
 * The parent's process id if it is a shell that only waits for this process.
 * Linux alone tells (`/proc`); the shells of macOS replace themselves by a single command.
 */
export function findParentShell(ppid: number): number | undefined {
  try {
    return waitsFor(readArguments(ppid), readArguments("self")) ? ppid : undefined;
  } catch {
    return undefined;
  }
}

const readArguments = (pid: number | "self"): string[] =>
  readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);

let own: { shell: number | undefined } | undefined;

/** That of this process, as it was when this was first called. */
export const ownParentShell = (): number | undefined =>
  (own ??= { shell: findParentShell(process.ppid) }).shell;

/**
 * Resolves when the parent has died, which gives a process another one; never without a parent to watch.
 * Does not keep the process running.
 */
export function parentGone(
  process: Pick<NodeJS.Process, "ppid">,
  parent = ownParentShell(),
): Promise<void> {
  return new Promise((resolve) => {
    if (parent === undefined) return;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      resolve();
    }, LOOK_MS).unref();
  });
}
