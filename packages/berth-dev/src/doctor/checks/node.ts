// Compares the running version of Node with the versions named in the service's files.
import { isInRange } from "berth/process";
import type { Finding } from "../check";
import { readText, type Context } from "../context";

/** A version of Node that a file names: `24`, `24.1` or `24.1.0`. */
export interface Pin {
  file: string;
  version: string;
}

/** Files that contain only a version. */
const VERSION_FILES = [".node-version", ".nvmrc"];
const IMAGE = /^FROM\s+(?:--\S+\s+)*(?:\S+\/)?node:(\d+(?:\.\d+){0,2})/gm;

export function checkNode(context: Context): Finding[] {
  const pins = VERSION_FILES.flatMap((file) => {
    const [, version] = /^\s*v?(\d+(?:\.\d+){0,2})\s*$/.exec(readText(context, file) ?? "") ?? [];
    return version === undefined ? [] : [{ file, version }];
  });
  const images = [...(readText(context, "Dockerfile") ?? "").matchAll(IMAGE)];
  return judgeVersions({
    running: process.versions.node,
    needed: context.manifest.engines?.node,
    pins,
    images: images.map(([, version = ""]) => ({ file: "Dockerfile", version })),
  });
}

interface Versions {
  running: string;
  /** The range in package.json. */
  needed: string | undefined;
  /** The versions for developers. */
  pins: readonly Pin[];
  /** The versions for production. */
  images: readonly Pin[];
}

/** Compares the versions with the range, and the pins with what runs here and in production. */
export function judgeVersions({ running, needed, pins, images }: Versions): Finding[] {
  const findings: Finding[] = [];
  if (needed !== undefined && !isInRange(running, needed)) {
    findings.push({
      level: "error",
      message: `this is Node ${running}, but package.json requires ${needed}`,
      cure: "Install a supported version, and run npm ci with it",
    });
  }
  for (const { file, version } of [...pins, ...images]) {
    if (needed === undefined || mayBeIn(version, needed)) continue;
    findings.push({
      level: "warning",
      message: `${file} names Node ${version}, but package.json requires ${needed}`,
      cure: `Change ${file}, or engines.node in package.json`,
    });
  }
  for (const { file, version } of pins) {
    if (!isInRange(running, version)) {
      findings.push({
        level: "warning",
        message: `this is Node ${running}, but ${file} names ${version}`,
        cure: "Switch to that version (nvm use, fnm use), or change the file",
      });
    }
    const image = images.find((each) => majorOf(each.version) !== majorOf(version));
    if (image) {
      findings.push({
        level: "warning",
        message: `${file} names Node ${version}, but ${image.file} runs ${image.version}`,
        cure: "Name the same major version in both: production runs the Dockerfile's",
      });
    }
  }
  return findings;
}

const majorOf = (version: string): string => version.split(".")[0] ?? "";

/** Whether any version that a pin allows is in the range: `20` allows any 20.x. */
function mayBeIn(version: string, range: string): boolean {
  const [major = "", minor, patch] = version.split(".");
  const filled = (missing: string) => `${major}.${minor ?? missing}.${patch ?? missing}`;
  return isInRange(filled("0"), range) || isInRange(filled("999"), range);
}
