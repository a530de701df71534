// Kills the runs that are still alive when this process exits or is interrupted.
type Kill = () => unknown;

const alive = new Set<Kill>();
let interrupted = false;

/** Registers a run that must not outlive this process. Returns the function that unregisters it. */
export function killOnExit(kill: Kill): () => void {
  alive.add(kill);
  return () => alive.delete(kill);
}

/** Whether a signal has interrupted this process, so that no run may be started any more. */
export const isInterrupted = (): boolean => interrupted;

/**
 * Kills all runs when this process exits, for any reason except SIGKILL.
 *
 * @param onInterrupt Receives the shell's exit code for the signal; by default the process exits with it.
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
