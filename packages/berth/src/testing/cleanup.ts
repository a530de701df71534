// Cleans up after a test file, also if its setup failed half-way.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ends: (() => Promise<unknown>)[] = [];
let folder: string | undefined;

// Outside of Jest there is no `afterAll`.
globalThis.afterAll?.(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

/** Registers a function to call after the last test of the file; the last one registered is called first. */
export const atEnd = (end: () => Promise<unknown>): void => void ends.push(end);

/**
 * Returns this test file's empty folder, which is deleted afterwards. The system's temporary folder itself may contain
 * another program's `.env` or database.
 */
export const emptyFolder = (): string => (folder ??= mkdtempSync(join(tmpdir(), "empty-")));
