// The folder of a new service: it must be empty, and is filled in one step.
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "port-contract/args";

/** Resolves a path relative to the folder in which the user typed the command. */
export const typedPath = (path: string): string => resolve(process.env.INIT_CWD ?? "", path);

/** @throws UsageError when the path exists and is not an empty folder. */
export function requireEmpty(folder: string): void {
  const there = lstatSync(folder, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isDirectory() || readdirSync(folder).length > 0) {
    throw new UsageError(
      `${folder} exists and is not an empty folder: choose another one, or remove it`,
    );
  }
}

/** Moves a complete service into a new or empty folder; a new one appears in a single step. */
export function placeIn(folder: string, service: string): void {
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  // The folder may be on another disk, so a rename may not work.
  cpSync(service, part, { recursive: true });
  if (!existsSync(folder)) return renameSync(part, folder);
  // It may be a mount, or the user's working directory: keep it, and move the files in.
  for (const name of readdirSync(part)) renameSync(join(part, name), join(folder, name));
  rmdirSync(part);
}

/** Ignores Ctrl-C and other signals while it works, because they would leave an incomplete service. */
export function untilDone(work: () => void): void {
  const ignore = () => {};
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ignore);
  work();
}
