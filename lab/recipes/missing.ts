// Programs that a recipe requires.
import { spawnSync } from "node:child_process";

/** A program is not installed; the message says how to install it. */
export class MissingProgram extends Error {
  override readonly name = "MissingProgram";

  constructor(program: string, debianPackage: string) {
    super(`${program} is not installed: apt-get install ${debianPackage}`);
  }
}

/** @throws MissingProgram when a program is not on PATH; the message names its Debian package */
export function requireProgram(program: string, debianPackage: string): void {
  const { status } = spawnSync("sh", ["-c", `command -v "$1"`, "sh", program]);
  if (status !== 0) throw new MissingProgram(program, debianPackage);
}
