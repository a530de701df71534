// A working directory for the service of the checkout that has all of it but `.env`, which each of its processes reads there.
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
 * Goes to a folder of links to everything in the working directory but `.env`, until this process ends. It is within the
 * checkout, so that another user may read it where that one may read the checkout. Does nothing where there is no `.env`.
 */
export function leaveEnvFileBehind(): void {
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
