// Where a contender's standard output goes.
import { type ChildProcess, execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { start } from "./children";
import { onCore } from "./cores";

/** A server that has been started, and what can be read of its log. */
interface Spawned {
  server: ChildProcess;
  output: Readable;
}

/** Starts a server whose every line comes to this process. */
export function spawnKept(command: readonly string[], env: NodeJS.ProcessEnv): Spawned {
  const server = start(onCore("server", command), { env, stdio: ["ignore", "pipe", "inherit"] });
  return { server, output: server.stdout as Readable };
}

/**
 * Starts a server whose log a process of its own drains. Node's "pipe" is a socket: this is the pipe that a shell or a
 * container runtime makes, and a write to it costs what it costs in production.
 */
export function spawnDrained(command: readonly string[], env: NodeJS.ProcessEnv): Spawned {
  const { readFd, writeFd } = openPipe();
  const drain = start(onCore("load", [process.execPath, join(__dirname, "log-drain.js")]), {
    stdio: [readFd, "pipe", "inherit"],
  });
  const server = start(onCore("server", command), { env, stdio: ["ignore", writeFd, "inherit"] });
  // The pipe ends for its reader when its only writer, the server, has ended.
  closeSync(readFd);
  closeSync(writeFd);
  return { server, output: drain.stdout as Readable };
}

function openPipe(): { readFd: number; writeFd: number } {
  const directory = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const path = join(directory, "log");
  execFileSync("mkfifo", [path]);
  // Opening one end waits for the other, opening both at once does not.
  const bothFd = openSync(path, "r+");
  const readFd = openSync(path, "r");
  const writeFd = openSync(path, "w");
  closeSync(bothFd);
  rmSync(directory, { recursive: true });
  return { readFd, writeFd };
}
