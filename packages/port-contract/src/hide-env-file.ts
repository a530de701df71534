// Hides the checkout's `.env` from the service under test.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join, resolve } from "node:path";

/**
 * Changes to a folder of symlinks to everything in the working directory except `.env`; the folder is removed when this
 * process exits. It is inside the checkout, so that another user (B8) can read it wherever it can read the checkout.
 * Does nothing if there is no `.env`.
 */
export function hideEnvFile(): void {
  if (!lstatSync(".env", { throwIfNoEntry: false })) return;
  const checkout = resolve(".");
  const cache = join(checkout, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "contract-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  for (const name of readdirSync(checkout)) {
    if (name !== ".env") symlinkSync(join(checkout, name), join(folder, name));
  }
  process.chdir(folder);
}
