// Detects the death of the parent shell (`sh -c "node …"`): shells die of a signal without forwarding it to this process.
import { readFileSync } from "node:fs";

/** How often to check, in milliseconds: one system call each time. */
const CHECK_MS = 250;

const SHELL = /(^|\/)-?(ba|da|a|k|mk|z)?sh$/;

/** Ampersands that do not start a background process: `&&`, and those of redirections. */
const NOT_BACKGROUND = /&&|[<>]&|&>/g;
const BETWEEN_COMMANDS = /&&|\|\||[;|\n]/;

/**
 * Whether a process is a shell, such as `sh -c "node dist/server.js"`, whose last command is this process, so that it
 * waits for it in the foreground. Never true if its command line starts anything in the background: such a shell may exit
 * before its children.
 * @param parent The parent's arguments, starting with its name.
 * @param own This process' arguments, starting with its name.
 */
export function isForegroundShell(parent: readonly string[], own: readonly string[]): boolean {
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
 * Only on Linux, from `/proc`. The shells of macOS `exec` a single command, so there is no parent shell.
 */
function findParentShell(ppid: number): number | undefined {
  try {
    return isForegroundShell(readArguments(ppid), readArguments("self")) ? ppid : undefined;
  } catch {
    return undefined;
  }
}

const readArguments = (pid: number | "self"): string[] =>
  readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);

let own: { shell: number | undefined } | undefined;

/** The parent shell at the time of the first call. */
export const ownParentShell = (): number | undefined =>
  (own ??= { shell: findParentShell(process.ppid) }).shell;

/**
 * Resolves when the parent has died, which changes `ppid`; never without a parent to watch.
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
    }, CHECK_MS).unref();
  });
}
