// The last resort: runs that are still alive when the tool itself ends or is interrupted are killed.
type Kill = () => unknown;

const alive = new Set<Kill>();
let interrupted = false;

/** Notes a run that must not outlive the tool; the returned function drops it again. */
export function killWithTool(kill: Kill): () => void {
  alive.add(kill);
  return () => alive.delete(kill);
}

/** Whether a signal has asked the tool to end: then nothing new is started. */
export const isInterrupted = (): boolean => interrupted;

/**
 * Makes every way in which this process can end, but SIGKILL, take its runs along.
 *
 * @param onInterrupt Gets a shell's exit code for the signal; by default the process exits with it at once.
 */
export function reapOnExit(
  onInterrupt: (code: number) => void = (code) => process.exit(code),
): void {
  const killAll = () => alive.forEach((kill) => kill());
  process.on("exit", killAll);
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  for (const [name, code] of Object.entries(codes))
    process.once(name, () => {
      interrupted = true;
      killAll();
      onInterrupt(code);
    });
}
