// Says when file descriptors run out: libuv then closes new connections unanswered, and tells nobody.
import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { Logger } from "pino";

/** From this share of them on there is a line, and the next one only after fewer than this share were in use. */
const NEARLY_ALL = 0.95;
const ENOUGH_LEFT = 0.75;

/**
 * Watches every connection that this process accepts from now on. A new descriptor is the lowest that is free, so its
 * number tells how many are in use.
 * @param limit How many there may be; by default what Linux says, and unlimited elsewhere.
 * @see https://github.com/libuv/libuv/blob/v1.x/src/unix/stream.c uv__emfile_trick
 */
export function watchDescriptors(logger: Logger, limit = readDescriptorLimit()): void {
  if (limit === Infinity) return;
  let isSaid = false;
  subscribe("net.server.socket", (message) => {
    const { socket } = message as { socket: Socket };
    const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } };
    const used = (handle?.fd ?? 0) + 1;
    if (isSaid && used < limit * ENOUGH_LEFT) isSaid = false;
    if (isSaid || used < limit * NEARLY_ALL) return;
    isSaid = true;
    logger.warn(
      { used, limit },
      `${used} of ${limit} file descriptors are in use; when none is left, new connections are closed unanswered: raise the limit (ulimit -n, LimitNOFILE in systemd), or limit the connections in front of the service`,
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
