// Finds the processes of a run: its session, its descendants, and daemons, by a variable in their environment.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** One live process of a run. */
export interface ProcessEntry {
  readonly pid: number;
  readonly command: string;
}

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** In clock ticks since boot; 0 if unknown. */
  readonly startedAt: number;
  readonly command?: string;
}

/** The environment variable whose value identifies the processes of one run. */
export const runMark = "BERTH_LAB_RUN";

/** Lists the live processes of a run, including its leader; zombies are left out. */
export function processTree(leader: number, mark: string): ProcessEntry[] {
  const rows = existsSync("/proc/self/stat") ? rowsFromProc() : rowsFromPs();
  const members = new Set<number>();
  for (const { pid, group, session } of rows)
    if (pid === leader || group === leader || session === leader || carriesMark(pid, mark))
      members.add(pid);
  addDescendants(rows, members);
  return rows
    .filter(({ pid }) => members.has(pid))
    .map(({ pid, command }) => ({ pid, command: command ?? commandOf(pid) }));
}

function addDescendants(rows: readonly Row[], members: Set<number>): void {
  let before: number;
  do {
    before = members.size;
    for (const { pid, parent } of rows) if (members.has(parent)) members.add(pid);
  } while (members.size > before);
}

// Processes older than the tool cannot belong to a run. They are most of a machine's, and are read only once.
let older: ReadonlySet<number> = new Set();

function rowsFromProc(): Row[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  const rows = pids.filter((pid) => !older.has(pid)).flatMap(parseStat);
  const toolStart = parseStat(process.pid)[0]?.startedAt ?? 0;
  const found = rows.filter(({ startedAt }) => startedAt < toolStart).map(({ pid }) => pid);
  // Pids that are gone are dropped, since a process of a run may get the same pid.
  older = new Set([...found, ...pids.filter((pid) => older.has(pid))]);
  return rows.filter(({ pid }) => !older.has(pid));
}

/** The name in parentheses may contain spaces and parentheses, so fields are counted from the last parenthesis. */
function parseStat(pid: number): Row[] {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  const [state, parent, group, session, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (!state || state === "Z" || state === "X") return [];
  const numbers = [parent, group, session, rest[15]].map(Number);
  const [parentPid = 0, groupId = 0, sessionId = 0, startedAt = 0] = numbers;
  return [{ pid, parent: parentPid, group: groupId, session: sessionId, startedAt }];
}

function carriesMark(pid: number, mark: string): boolean {
  return readOrEmpty(`/proc/${pid}/environ`).includes(`${runMark}=${mark}`);
}

function commandOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
}

/** Returns "" for a process that has ended, or whose environment is not readable. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function rowsFromPs(): Row[] {
  const columns = ["-axo", "pid=,ppid=,pgid=,stat=,command="];
  const table = execFileSync("ps", columns, { encoding: "utf8" });
  return table.split("\n").flatMap((line) => {
    const [, pid, parent, group, state, command] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (!state || state.startsWith("Z")) return [];
    // ps on macOS prints no session ids, so only the group and the ancestry are used.
    const numbers = { pid: Number(pid), parent: Number(parent), group: Number(group) };
    return [{ ...numbers, session: 0, startedAt: 0, command }];
  });
}
