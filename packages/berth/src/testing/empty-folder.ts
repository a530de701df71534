// A folder that holds nothing of anybody: what lies in the system's may be another program's `.env`, or its database.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder: string | undefined;
globalThis.afterAll?.(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

/** The one of this test file, which goes with it. */
export const emptyFolder = (): string => (folder ??= mkdtempSync(join(tmpdir(), "empty-")));
