// One running process of the formation, in a process group with everything that it starts.
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { createLineSplitter } from "./lines";
import type { Output } from "./output";
import type { Instance } from "./plan";

/** A shell's exit code. */
const COMMAND_NOT_FOUND = 127;

export interface Child {
  /** Also the id of its process group. Undefined if it could not be started. */
  pid: number | undefined;
  /** Resolves to the exit code, or to 128 + the number of the signal that ended it. */
  exited: Promise<number>;
  /** Resolves when it has exited and all output of its process group is printed. */
  finished: Promise<unknown>;
  /** Whether any process of its group runs: its own children may outlive it. */
  isAlive(): boolean;
  /** Signals the whole group. */
  signal(name: NodeJS.Signals): void;
}

/** Starts the instance's command in a shell, as the leader of a process group. */
export function startChild(instance: Instance, cwd: string, output: Output): Child {
  const { name, command, env } = instance;
  const child = spawn(command, {
    shell: true,
    detached: true,
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid) output.say(`${name} started${env.PORT ? ` on port ${env.PORT}` : ""}`);
  const outputs = [child.stdout, child.stderr].map((stream) => pipeLines(stream, name, output));
  const exited = waitForExit(child, (end) => output.say(`${name} ${end}`));
  return {
    pid: child.pid,
    exited,
    finished: Promise.all([exited, ...outputs]),
    isAlive: () => child.pid !== undefined && isGroupAlive(child.pid),
    signal: (signal) => void (child.pid && signalGroup(child.pid, signal)),
  };
}

function waitForExit(child: ChildProcess, say: (end: string) => void): Promise<number> {
  return new Promise((resolve) => {
    child.once("error", (err) => {
      say(`could not be started: ${err.message}`);
      resolve(COMMAND_NOT_FOUND);
    });
    child.once("exit", (code, signal) => {
      const cure = code === COMMAND_NOT_FOUND ? ": install its command, or correct its line" : "";
      say(signal ? `ended by ${signal}` : `exited with code ${code}${cure}`);
      resolve(signal ? 128 + constants.signals[signal] : (code ?? 1));
    });
  });
}

/** Reads no faster than the output can be written (backpressure), so that memory stays bounded. */
async function pipeLines(stream: Readable, name: string, output: Output): Promise<void> {
  const lines = createLineSplitter((line) => output.line(name, line));
  for await (const chunk of stream) {
    lines.write(chunk as Buffer);
    await output.ready();
  }
  lines.end();
}

/** Signals every process of the group and returns whether there was one. Signal 0 only checks. */
function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-groupId, signal);
  } catch {
    return false;
  }
}

/** Whether any process of the group runs. Zombies do not count: in a container without an init process, nothing reaps them. */
function isGroupAlive(groupId: number): boolean {
  return signalGroup(groupId, 0) && statesOf(groupId).some((state) => state !== "Z");
}

/** The states of the group's processes on Linux; elsewhere one unknown state. */
function statesOf(groupId: number): string[] {
  if (process.platform !== "linux") return ["?"];
  const states: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const [state, , group] = readStat(pid);
    if (state && Number(group) === groupId) states.push(state);
  }
  return states;
}

/** The fields of /proc/PID/stat after the command, which may contain spaces and brackets. Empty if the process is gone. */
function readStat(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
