// Keeps signals that arrive while the rest of the program is still being loaded. Import it first.
import { ownParentShell } from "./parent-shell";

// Recorded now: once the shell has died, the process has another parent.
ownParentShell();

/** The signals that `onStopRequest` handles. */
const SIGNALS: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"];

// Without a listener, a signal kills the process at once, or is lost if that is PID 1. With one, it is delivered in the
// first turn of the event loop, when the real listeners are in place.
for (const signal of SIGNALS) process.on(signal, () => undefined);
