// Locks a data directory: PGlite would let two processes write to it, which destroys the data.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The name of a socket in the directory; all other files there are data. */
const LOCK = /^in-use-by-(\d+)-[0-9a-f]{8}$/;

/** Whether a file in a data directory belongs to its lock. */
export const isLockFile = (name: string): boolean => LOCK.test(name);

/** The limit of macOS; Linux allows four more bytes. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Errors of bind on file systems without sockets, such as Docker Desktop's shared folders. */
const NO_SOCKETS = /^(EPERM|EINVAL|ENOTSUP|EOPNOTSUPP|ENOSYS|ENAMETOOLONG)$/;

/** The timeout for another process' response, in milliseconds. */
const RESPONSE_TIMEOUT_MS = 2000;
const MAX_RETRY_DELAY_MS = 100;

/**
 * Creates `dataDir` if it does not exist, and locks it until this process ends, however it ends.
 *
 * The lock is a Unix socket in the directory, on which only a running process listens. The kernel finds it by its inode, so it also
 * works from another container and through a bind mount, where a lock file with a pid would mean nothing.
 * @throws Error when another process has the lock.
 */
export async function lockDataDirectory(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (process.platform === "win32") return claimPipe(dataDir);
  try {
    await claim(dataDir, dataDir);
  } catch (err) {
    if (!NO_SOCKETS.test(String((err as NodeJS.ErrnoException).code))) throw err;
    const folder = fallbackFolder(dataDir);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    await claim(dataDir, folder);
  }
}

/**
 * The process that has the lock, if one has it. Takes no lock, and so lets another process take it at any time.
 */
export async function lockOwner(dataDir: string): Promise<number | undefined> {
  for (const folder of [dataDir, fallbackFolder(dataDir)]) {
    if (!existsSync(folder)) continue;
    const others = readdirSync(folder).filter(isLockFile);
    const short = shortPath(folder);
    const states = await Promise.all(others.map((other) => ask(join(short, other))));
    const owner = others[states.findIndex((state) => state !== "gone")];
    if (owner !== undefined) return Number(LOCK.exec(owner)?.[1]);
  }
  return undefined;
}

/**
 * Each process first creates its own socket and then looks for others: of two that start at once, at least one sees the other. If
 * neither has the lock yet, both give up and try again after a random pause.
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
    await sleep(Math.random() * MAX_RETRY_DELAY_MS);
  }
}

/** For sockets of a directory whose file system has none. */
const fallbackFolder = (dataDir: string): string =>
  join(tmpdir(), `embedded-postgres-${process.getuid?.()}-${hashOf(dataDir)}`);

/** A path of the folder that is short enough for a socket in it: longer paths are truncated. */
function shortPath(folder: string): string {
  if (process.platform === "linux") return `/proc/self/fd/${openSync(folder, "r")}`;
  const path = relative(process.cwd(), folder);
  const length = Buffer.byteLength(join(path, "in-use-by-1234567-12345678"));
  if (length <= MAX_SOCKET_PATH_BYTES) return path;
  throw Object.assign(new Error(`the path ${folder} is too long for a Unix socket`), {
    code: "ENAMETOOLONG",
  });
}

/** Sends each client whether this process has the lock. */
async function listen(path: string, isOwner: () => boolean): Promise<Server> {
  const server = createServer((socket) =>
    socket.on("error", () => {}).end(isOwner() ? "owner" : "claimant"),
  );
  server.unref().listen(path);
  await once(server, "listening");
  return server;
}

/** The state of the process that listens there. Removes the socket of a dead process. */
async function ask(path: string): Promise<"owner" | "claimant" | "gone"> {
  const socket = connect(path);
  socket.setTimeout(RESPONSE_TIMEOUT_MS, () => socket.destroy());
  let response = "";
  try {
    for await (const chunk of socket) response += String(chunk);
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED" || code === "ENOENT") {
      rmSync(path, { force: true });
      return "gone";
    }
  }
  // Without a response the process is running, with its event loop blocked: it opens the database.
  return response === "claimant" ? "claimant" : "owner";
}

/** On Windows, pipes have no file, and disappear with their process. */
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
