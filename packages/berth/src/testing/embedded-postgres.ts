// Starts the embedded PostgreSQL (`berth postgres` of berth-dev) in a process of its own, on a free port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { inTime } from "./waits";

/** How a process has ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running server. */
export interface EmbeddedPostgres {
  /** The connection URL of its database. */
  url: string;
  /** Sends the signal; resolves when the process has exited. */
  stop: (signal: NodeJS.Signals) => Promise<Exit>;
  /** Writes the database to a file that a later server can load (`SNAPSHOT`). */
  snapshot: (file: string) => Promise<void>;
}

/**
 * Resolves when the server accepts connections.
 * @param through A command that runs the server's command, such as `unshare`.
 * @throws Error with the output of the process when it exits before that.
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
  // The server exits when the IPC channel closes, and so with this process.
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
  const url = await inTime(ready, () => `the server is not ready; its output: ${output}`);
  // A test file that forgets to stop the server must still be able to exit, which ends the server.
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
    await inTime(written, () => `the server has written no snapshot; its output: ${output}`);
  };
  return { url, stop, snapshot };
}
