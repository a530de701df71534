// Warns when the process runs out of file descriptors: libuv then closes new connections without an error.
import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { Logger } from "pino";

/** Warns above the first share; again only after usage was below the second share. */
const WARN_ABOVE = 0.95;
const REARM_BELOW = 0.75;

/**
 * Watches every connection that this process accepts from now on. The system always assigns the lowest free descriptor, so
 * its number tells how many are in use.
 * @param limit The most descriptors; by default the soft limit on Linux, and unlimited elsewhere.
 * @see https://github.com/libuv/libuv/blob/v1.x/src/unix/stream.c uv__emfile_trick
 */
export function watchDescriptors(logger: Logger, limit = readDescriptorLimit()): void {
  if (limit === Infinity) return;
  let hasWarned = false;
  subscribe("net.server.socket", (message) => {
    const { socket } = message as { socket: Socket };
    const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } };
    const used = (handle?.fd ?? 0) + 1;
    if (hasWarned && used < limit * REARM_BELOW) hasWarned = false;
    if (hasWarned || used < limit * WARN_ABOVE) return;
    hasWarned = true;
    logger.warn(
      { used, limit },
      `${used} of ${limit} file descriptors are in use; when none is left, new connections are closed without a response: raise the limit (ulimit -n, LimitNOFILE in systemd), or limit the connections in front of the service`,
    );
  });
}

function readDescriptorLimit(): number {
  try {
    const [, soft] =
      /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return Number(soft ?? Infinity);
  } catch {
    return Infinity;
  }
}
