// Temporary folders that are removed when the tool exits, interrupted or not.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders = new Set<string>();

function removeFolder(folder: string): void {
  // Again if daemons that are being killed still write to it.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  folders.delete(folder);
}

const removeAll = (): void => folders.forEach(removeFolder);

/** Creates a folder that daemons of other users can read. Calling `remove` is optional. */
export function scratchFolder(name: string): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  chmodSync(folder, 0o755);
  // One listener for all: Node warns of many.
  if (!process.listeners("exit").includes(removeAll)) process.once("exit", removeAll);
  folders.add(folder);
  return { folder, remove: () => removeFolder(folder) };
}
