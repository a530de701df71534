// Spawns the embedded PostgreSQL as a process of its own, on a free port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { inTime } from "./waits";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface EmbeddedPostgres {
  url: string;
  /** Sends the signal and resolves when the process is gone. */
  stop: (signal: NodeJS.Signals) => Promise<Exit>;
  /** Writes the database to a file that `SNAPSHOT` can name, and resolves when that is done. */
  snapshot: (file: string) => Promise<void>;
}

/**
 * Resolves when the server is ready to be connected to.
 * @param through A command line that runs the rest of it.
 * @throws Error with everything the process has printed when it ends before.
 */
export async function spawnEmbeddedPostgres(
  env: NodeJS.ProcessEnv,
  through: readonly string[] = [],
): Promise<EmbeddedPostgres> {
  const [file = "", ...args] = [
    ...through,
    process.execPath,
    require.resolve("berth-dev/cli"),
    "postgres",
  ];
  // The IPC channel closes when this process ends, and the server with it.
  const child = spawn(file, args, {
    env: { ...process.env, PORT: "0", DATABASE_NAME: "postgres", ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  let output = "";
  const ready = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const url = /ready on (\S+)\n/.exec(output)?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("close", (code) => reject(new Error(`exit ${code}: ${output}`)));
  });
  const url = await inTime(ready, () => `it is not ready, but has printed: ${output}`);
  // A test file that fails before it can stop the server shall end, and takes the server with it.
  for (const handle of [child, child.channel, child.stdout as Socket, child.stderr as Socket]) {
    handle?.unref();
  }
  const stop = (signal: NodeJS.Signals) => {
    child.ref();
    child.kill(signal);
    return exited;
  };
  const snapshot = async (file: string) => {
    const written = once(child, "message");
    child.send({ snapshot: file });
    await inTime(written, () => `it has written no snapshot, but has printed: ${output}`);
  };
  return { url, stop, snapshot };
}
