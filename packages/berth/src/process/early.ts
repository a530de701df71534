// What a process would miss while the rest of it is loaded. To be imported first.
import { ownParentShell } from "./parent-shell";

// It may die any time, and the next parent is none.
ownParentShell();

/** Those that `onStopRequest` heeds. */
const SIGNALS: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"];

// Without a listener a signal ends the process at once, or is lost when that is process 1. With one it waits for the
// first turn of the event loop, and so for those who heed it.
for (const signal of SIGNALS) process.on(signal, () => undefined);
