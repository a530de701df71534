// The last resort: runs that are still alive when the kit itself ends or is interrupted are killed.
type Kill = () => unknown;

const alive = new Set<Kill>();

/** Notes a run that must not outlive the kit; the returned function drops it again. */
export function killWithKit(kill: Kill): () => void {
  alive.add(kill);
  return () => alive.delete(kill);
}

/** Makes every way in which this process can end, but SIGKILL, take its runs along. */
export function reapOnExit(): void {
  process.on("exit", () => alive.forEach((kill) => kill()));
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  for (const [name, code] of Object.entries(codes)) process.on(name, () => process.exit(code));
}
