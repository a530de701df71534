// An abort signal for a call or a response: aborted when it is over, or when the process drains.

/**
 * Returns a signal that is aborted when the work is over, or when the process drains. `AbortSignal.any` would leak: each
 * call leaves up to 80 bytes on `draining`, which lives as long as the process, and all of its listeners if `over` is never
 * aborted.
 * @param over Aborted when the work is over, however it ends.
 * @see https://github.com/nodejs/node/issues/54614
 */
export function workSignal(over: AbortSignal, draining: AbortSignal): AbortSignal {
  const work = new AbortController();
  const end = (): void => {
    over.removeEventListener("abort", end);
    draining.removeEventListener("abort", end);
    work.abort((over.aborted ? over : draining).reason);
  };
  over.addEventListener("abort", end);
  draining.addEventListener("abort", end);
  if (over.aborted || draining.aborted) end();
  return work.signal;
}
