// What a recipe cannot be tried without.
import { spawnSync } from "node:child_process";

/** A program that is not installed; its message is the cure. */
export class Missing extends Error {
  override readonly name = "Missing";

  constructor(program: string, debianPackage: string) {
    super(`${program} is not installed: apt-get install ${debianPackage}`);
  }
}

/** @throws Missing when a program is not on PATH, with Debian's package for it */
export function requireProgram(program: string, debianPackage: string): void {
  const { status } = spawnSync("sh", ["-c", `command -v "$1"`, "sh", program]);
  if (status !== 0) throw new Missing(program, debianPackage);
}
