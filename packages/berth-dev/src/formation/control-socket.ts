// Where a formation can be reached: a Unix socket in a folder that only its owner may enter, named by the formation's folder and first port.
import { once } from "node:events";
import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What macOS takes; Linux takes four more, and longer ones are cut without a word. */
const MAX_PATH_BYTES = 103;

/** The first port of a running formation, and its socket, on which nobody may listen any more. */
export interface ControlSocket {
  port: number;
  path: string;
}

/**
 * Returns the path for a formation's socket, in a folder that is made when it is not there.
 * @throws Error when that folder belongs to another user, or its name is too long.
 */
export function controlPath(formationId: string, port: number): string {
  const folder = controlFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseIfOpenToOthers(folder);
  const path = join(folder, `${hashOf(formationId)}-${port}.sock`);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new Error(`${path} is too long for a socket: choose a shorter TMPDIR`);
  return path;
}

/**
 * Returns the sockets of the formations of one folder.
 * @throws Error when others can put sockets there, too.
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

/** Connects to a socket; undefined when nobody listens there any more. */
export async function reach(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    return undefined;
  }
}

/** Whoever has made the folder first decides what is in it. */
function refuseIfOpenToOthers(folder: string): void {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats) return;
  if (!stats.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o077) !== 0)
    throw new Error(`${folder} is open to other users: remove it, or choose another TMPDIR`);
}

/** Users share the folder for temporary files on Linux. */
const controlFolder = (): string => join(tmpdir(), `formations-${process.getuid?.()}`);

/** The rest of the id is as long as the folder's name. */
const hashOf = (formationId: string): string => formationId.slice(-8);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
