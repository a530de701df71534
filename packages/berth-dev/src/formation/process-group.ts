// Process groups, which hold a process together with everything that it has started.
import { readdirSync, readFileSync } from "node:fs";

/** Signals every process of the group and returns whether there was one; signal 0 only looks. */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-groupId, signal);
  } catch {
    return false;
  }
}

/**
 * Whether anything in the group runs. The dead whose parent has not asked after them do not: in a container without an init
 * process they stay for ever.
 */
export function isGroupAlive(groupId: number): boolean {
  return signalGroup(groupId, 0) && listStates(groupId).some((state) => state !== "Z");
}

/** The states of the group's processes as Linux has them; elsewhere one that stands for all. */
function listStates(groupId: number): string[] {
  if (process.platform !== "linux") return ["?"];
  const states: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const [state, , group] = readStat(pid);
    if (state && Number(group) === groupId) states.push(state);
  }
  return states;
}

/** The fields after the command, which may itself have blanks and brackets; none when the process is gone by now. */
function readStat(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
