// Identifies the formation of a folder, so that its database and sockets are not confused with another folder's.
import { createHash } from "node:crypto";
import { basename } from "node:path";

const MAX_NAME_LENGTH = 40;

/** Returns the folder's name and a hash of its whole path: `berth_1a2b3c4d`. At most 49 characters of a-z, 0-9 and _. */
export function formationId(directory: string): string {
  const name = basename(directory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_");
  const hash = createHash("sha256").update(directory).digest("hex").slice(0, 8);
  return `${name.slice(0, MAX_NAME_LENGTH)}_${hash}`;
}
