// Lets one process at a time use a data directory: PGlite would let two write to it and destroy the data.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Locks `dataDir` until this process ends, however it ends.
 *
 * The lock is a local socket named after the directory. Unlike a file with a pid it cannot outlive its owner, and cannot be
 * mistaken when another process gets the same pid.
 * @throws Error when another process has the lock.
 */
export async function lockDataDirectory(dataDir: string): Promise<void> {
  const address = lockAddress(dataDir);
  if (await tryBind(address)) return;
  const owner = await readOwner(address);
  if (owner === undefined) await unlink(address);
  if (owner === undefined && (await tryBind(address))) return;
  throw new Error(
    `${dataDir} is in use by process ${owner ?? "(unknown)"}: stop it, or set DATA_DIR to another directory`,
  );
}

/** Linux and Windows name sockets without a file; elsewhere a file stays behind after a crash. */
function lockAddress(dataDir: string): string {
  const name = `embedded-postgres-${createHash("sha256").update(dataDir).digest("hex").slice(0, 32)}`;
  if (process.platform === "linux") return `\0${name}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.lock`);
}

async function tryBind(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.on("error", () => {}).end(String(process.pid)));
  try {
    server.unref().listen(address);
    await once(server, "listening");
    return server;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw err;
  }
}

/** Resolves to the pid of the owner, or undefined when only the file of a dead one is left. */
async function readOwner(address: string): Promise<string | undefined> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of connect(address)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === "ECONNREFUSED") return undefined;
    throw err;
  }
}
