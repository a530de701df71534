// Finds and names the control sockets: Unix sockets in a private folder, one for each formation, by its folder and first port.
import { once } from "node:events";
import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The limit of macOS; Linux allows four more bytes. Longer paths are truncated silently. */
const MAX_PATH_BYTES = 103;

/** The socket of a formation, which may have ended, and its first port. */
export interface ControlSocket {
  port: number;
  path: string;
}

/**
 * Returns the path of a formation's socket, and creates its folder.
 * @throws Error when that folder belongs to another user, or the path is too long.
 */
export function controlPath(formationId: string, port: number): string {
  const folder = controlFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseIfOpenToOthers(folder);
  const path = join(folder, `${hashOf(formationId)}-${port}.sock`);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new Error(`${path} is too long for a Unix socket: choose a shorter TMPDIR`);
  return path;
}

/**
 * Returns the sockets of one folder's formations.
 * @throws Error when other users can create sockets there.
 */
export function controlSockets(formationId: string): ControlSocket[] {
  const folder = controlFolder();
  refuseIfOpenToOthers(folder);
  const pattern = new RegExp(`^${hashOf(formationId)}-(\\d+)\\.sock$`);
  return namesIn(folder).flatMap((name) => {
    const port = pattern.exec(name)?.[1];
    return port === undefined ? [] : { port: Number(port), path: join(folder, name) };
  });
}

/** Connects to a socket. Undefined if nothing listens there. */
export async function connectTo(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    return undefined;
  }
}

/** Another user who created the folder first would control what is in it. */
function refuseIfOpenToOthers(folder: string): void {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats) return;
  if (!stats.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o077) !== 0)
    throw new Error(`${folder} is accessible to other users: remove it, or choose another TMPDIR`);
}

/** Named by the user's id: on Linux, all users share /tmp. */
const controlFolder = (): string => join(tmpdir(), `formations-${process.getuid?.()}`);

/** Only the hash in the id, since the folder's name before it may make the path too long. */
const hashOf = (formationId: string): string => formationId.slice(-8);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
