// Checks for free disk space, and for a writable folder for temporary files.
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "../check";
import type { Context } from "../context";

/** An npm ci and a development database need about this much. */
const NEEDED_BYTES = 300 * 1024 * 1024;
const MEGABYTE = 1024 * 1024;

export function checkDisk({ root }: Context): Finding[] {
  const { bavail, bsize } = statfsSync(root);
  return [...judgeSpace(root, bavail * bsize), ...tryTemporary(tmpdir())];
}

export function judgeSpace(folder: string, freeBytes: number): Finding[] {
  if (freeBytes >= NEEDED_BYTES) return [];
  const free = Math.floor(freeBytes / MEGABYTE);
  return [
    {
      level: "warning",
      message: `the disk of ${folder} has ${free} MB left`,
      cure: `Free ${NEEDED_BYTES / MEGABYTE} MB: the database and npm fail halfway on a full disk`,
    },
  ];
}

function tryTemporary(folder: string): Finding[] {
  try {
    rmSync(mkdtempSync(join(folder, "doctor-")), { recursive: true });
    return [];
  } catch (err) {
    return [
      {
        level: "error",
        message: `no temporary file can be created in ${folder} (${(err as NodeJS.ErrnoException).code})`,
        cure: "Make it writable, or set TMPDIR to a folder that is",
      },
    ];
  }
}
