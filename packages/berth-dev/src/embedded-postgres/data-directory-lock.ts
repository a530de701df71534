// Lets one process at a time use a data directory: PGlite would let two write to it and destroy the data.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a socket in the directory is called; everything else there is data. */
const LOCK = /^in-use-by-(\d+)-[0-9a-f]{8}$/;

/** Whether a file in a data directory belongs to its lock. */
export const isLockFile = (name: string): boolean => LOCK.test(name);

/** What macOS takes; Linux takes four more. */
const MAX_SOCKET_PATH_BYTES = 103;

/** What bind answers on file systems without sockets, such as those by which Docker Desktop shares folders. */
const NO_SOCKETS = /^(EPERM|EINVAL|ENOTSUP|EOPNOTSUPP|ENOSYS|ENAMETOOLONG)$/;

/** How long to wait for what a living process says, and the longest pause before the next try, in milliseconds. */
const ANSWER_MS = 2000;
const LONGEST_PAUSE_MS = 100;

/**
 * Locks `dataDir`, which is made if it is not there, until this process ends, however it ends.
 *
 * The lock is a Unix socket in the directory, which only a living process listens on, and which is found by its inode: from
 * another container and through a bind mount as well, where neither a name outside of the directory nor a pid says anything.
 * @throws Error when another process has the lock.
 */
export async function lockDataDirectory(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (process.platform === "win32") return claimPipe(dataDir);
  try {
    await claim(dataDir, dataDir);
  } catch (err) {
    if (!NO_SOCKETS.test(String((err as NodeJS.ErrnoException).code))) throw err;
    const folder = join(tmpdir(), `embedded-postgres-${process.getuid?.()}-${hashOf(dataDir)}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    await claim(dataDir, folder);
  }
}

/**
 * Each comes with a socket of its own and then looks for those of others: of two that come at once, at least one sees the other.
 * When neither has the lock yet, both leave and come again at some other moment.
 */
async function claim(dataDir: string, folder: string): Promise<void> {
  const short = shortPath(folder);
  for (;;) {
    const name = `in-use-by-${process.pid}-${randomBytes(4).toString("hex")}`;
    const own = join(short, name);
    let isOwner = false;
    const server = await listen(own, () => isOwner);
    const removeOwn = () => rmSync(own, { force: true });
    process.on("exit", removeOwn);
    const others = readdirSync(folder).filter((other) => isLockFile(other) && other !== name);
    const states = await Promise.all(others.map((other) => ask(join(short, other))));
    if (states.every((state) => state === "gone")) {
      isOwner = true;
      return;
    }
    server.close();
    process.off("exit", removeOwn);
    const owner = others[states.indexOf("owner")];
    if (owner) throw new Error(inUse(dataDir, `process ${LOCK.exec(owner)?.[1]}`));
    await sleep(Math.random() * LONGEST_PAUSE_MS);
  }
}

/** A name of the folder that leaves room for that of a socket, which is cut where it is too long. */
function shortPath(folder: string): string {
  if (process.platform === "linux") return `/proc/self/fd/${openSync(folder, "r")}`;
  const path = relative(process.cwd(), folder);
  const length = Buffer.byteLength(join(path, "in-use-by-1234567-12345678"));
  if (length <= MAX_SOCKET_PATH_BYTES) return path;
  throw Object.assign(new Error(`${folder} is too long a name`), { code: "ENAMETOOLONG" });
}

/** Whoever connects is told whether this process has the lock. */
async function listen(path: string, isOwner: () => boolean): Promise<Server> {
  const server = createServer((socket) =>
    socket.on("error", () => {}).end(isOwner() ? "owner" : "claimant"),
  );
  server.unref().listen(path);
  await once(server, "listening");
  return server;
}

/** Who listens there; what a dead process has left is removed. */
async function ask(path: string): Promise<"owner" | "claimant" | "gone"> {
  const socket = connect(path);
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  let answer = "";
  try {
    for await (const chunk of socket) answer += String(chunk);
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED" || code === "ENOENT") {
      rmSync(path, { force: true });
      return "gone";
    }
  }
  // One that opens its database blocks its event loop, and lives.
  return answer === "claimant" ? "claimant" : "owner";
}

/** On Windows sockets have no file, and their names end with their processes. */
async function claimPipe(dataDir: string): Promise<void> {
  await listen(`\\\\.\\pipe\\embedded-postgres-${hashOf(dataDir)}`, () => true).catch(
    (err: NodeJS.ErrnoException) => {
      if (err.code !== "EADDRINUSE") throw err;
      throw new Error(inUse(dataDir, "another process"), { cause: err });
    },
  );
}

const inUse = (dataDir: string, owner: string): string =>
  `${dataDir} is in use by ${owner}: stop it, or set DATA_DIR to another directory`;

const hashOf = (dataDir: string): string =>
  createHash("sha256").update(dataDir).digest("hex").slice(0, 32);
