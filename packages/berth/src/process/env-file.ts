// Reads a `.env` file. A missing file is fine; one that cannot be read is an error.
import { isUtf8 } from "node:buffer";
import { lstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { parse } from "dotenv";
import { ConfigError } from "./environment";

/**
 * Returns the variables in the file, or undefined if it does not exist.
 * @throws ConfigError with the cure if it exists but cannot be read, or is not UTF-8 text.
 */
export function readEnvFile(file: string): Record<string, string> | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (err) {
    const problem = whyUnreadable(file, (err as NodeJS.ErrnoException).code);
    if (problem === undefined) return undefined;
    throw new ConfigError(`${file}: cannot be read${problem}`, { cause: err });
  }
  return parse(decode(file, bytes));
}

/** Completes the message "cannot be read"; undefined if the file does not exist. */
function whyUnreadable(file: string, code: string | undefined): string | undefined {
  if (code === "EISDIR") return ": it is a folder. Remove or rename it";
  if (code === "EACCES" || code === "EPERM") {
    const user = process.getuid?.();
    return user === undefined
      ? ` (${code}). Make it readable for this user`
      : ` (${code}). Make it readable for user ${user}, which this process runs as`;
  }
  if (code !== "ENOENT") return ` (${code}). Make it readable, or remove it`;
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink())
    return `: it is a broken symbolic link. Restore ${readlinkSync(file)}, or remove the link`;
  if (statSync(dirname(file), { throwIfNoEntry: false })) return undefined;
  // A release directory that was deleted while its process runs.
  return ": its folder no longer exists. Start the process in a folder that is not deleted";
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Removes a byte order mark, which Windows editors write. */
function decode(file: string, bytes: Buffer): string {
  const found = whyNotUtf8(bytes);
  if (found === undefined) return utf8.decode(bytes);
  throw new ConfigError(
    `${file}: expected UTF-8 text; it contains ${found}. Save it as UTF-8 (PowerShell: Set-Content -Encoding utf8)`,
  );
}

function whyNotUtf8(bytes: Buffer): string | undefined {
  if (["fffe", "feff"].includes(bytes.toString("hex", 0, 2))) return "UTF-16";
  if (bytes.includes(0)) return "a NUL byte";
  return isUtf8(bytes) ? undefined : "bytes that are not UTF-8";
}
