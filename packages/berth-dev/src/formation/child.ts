// One running process of the formation, with everything that it starts in turn.
import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { createLineSplitter } from "./lines";
import type { Output } from "./output";
import type { Instance } from "./plan";
import { isGroupAlive, signalGroup } from "./process-group";

/** As shells say it. */
const COMMAND_NOT_FOUND = 127;

export interface Child {
  /** Also the id of its process group; undefined when it could not be started. */
  pid: number | undefined;
  /** Resolves to the exit code, 128 + the signal's number when a signal ended it. */
  exited: Promise<number>;
  /** Resolves when it has exited and all output of its group has been printed. */
  finished: Promise<unknown>;
  /** Whether anything of its group still runs, which may outlive the process itself. */
  isAlive(): boolean;
  /** Signals the whole group. */
  signal(name: NodeJS.Signals): void;
}

/** Starts the instance's command in a shell, as the leader of a process group of its own. */
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
  const printing = [child.stdout, child.stderr].map((stream) => print(stream, name, output));
  const exited = waitForExit(child, (end) => output.say(`${name} ${end}`));
  return {
    pid: child.pid,
    exited,
    finished: Promise.all([exited, ...printing]),
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

/** Reads no faster than the output can be written, so that a chatty process does not fill the memory. */
async function print(stream: Readable, name: string, output: Output): Promise<void> {
  const lines = createLineSplitter((line) => output.line(name, line));
  for await (const chunk of stream) {
    lines.write(chunk as Buffer);
    await output.ready();
  }
  lines.end();
}
