// Collects the requests to stop a process: signals, uncaught errors, its supervisor, and the death of its parent shell.
import { constants } from "node:os";
import { isatty } from "node:tty";
import type { Logger } from "pino";
import type { SupervisorStop } from "./supervisor-link";

/** The first reason to stop. */
export type StopCause = NodeJS.Signals | "uncaught error" | "orphaned" | SupervisorStop;

/** Whether and how a stop was requested. */
export interface StopRequest {
  /** Resolves at the first request. */
  readonly requested: Promise<StopCause>;
  /** Resolves at a second Ctrl-C on a terminal. */
  readonly forced: Promise<void>;
  isRequested(): boolean;
  /** Whether there was an uncaught error, before or after the request. */
  hasCrashed(): boolean;
}

/** Where stop requests come from. */
export interface StopRequestOptions {
  process: NodeJS.Process;
  logger: Logger;
  /** Resolves when the shell that waits for the process has died; never by default. */
  orphaned?: Promise<void> | undefined;
  /** Resolves when the supervisor stops this process; never by default. */
  stopped?: Promise<SupervisorStop> | undefined;
  /** Handles a SIGHUP that does not come from a terminal; by default it is logged and ignored. */
  onHangUp?: (() => void) | undefined;
  /** Completes the log line "SIGTERM received, …"; `draining` by default. */
  consequence?: string;
  isTerminal?: () => boolean;
}

const STDIN_FD = 0;

/** The exit code after a second Ctrl-C: 128 + SIGINT's number, as shells report it. */
export const FORCED_BY_CTRL_C = 130;

/** Under `npm start`, one Ctrl-C arrives twice, from the terminal and from npm, at most this far apart, in milliseconds. */
const SAME_KEYPRESS_MS = 250;

/**
 * Handles SIGTERM, SIGINT, the hang-up of the terminal, uncaught exceptions and unhandled rejections from now on.
 * Repeated signals have no effect, because platforms send several; only a second Ctrl-C on a terminal forces the exit.
 * SIGUSR1, SIGUSR2 and a SIGHUP without a terminal are logged and ignored.
 */
export function onStopRequest(options: StopRequestOptions): StopRequest {
  const { process, logger, orphaned, stopped, onHangUp, consequence = "draining" } = options;
  const { isTerminal = () => isatty(STDIN_FD) } = options;
  const hadTerminal = isTerminal();
  let requestedAt: number | undefined;
  let hasCrashed = false;
  let resolveRequested!: (cause: StopCause) => void;
  let resolveForced!: () => void;
  const requested = new Promise<StopCause>((resolve) => (resolveRequested = resolve));
  const forced = new Promise<void>((resolve) => (resolveForced = resolve));

  const request = (cause: StopCause): void => {
    requestedAt ??= performance.now();
    resolveRequested(cause);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (requestedAt === undefined) {
      logger.info({ signal }, `${signal} received, ${consequence}`);
      return request(signal);
    }
    const isNewKeypress = performance.now() - requestedAt > SAME_KEYPRESS_MS;
    if (signal === "SIGINT" && isNewKeypress && isTerminal()) {
      logger.warn("second Ctrl-C received, exiting without draining");
      resolveForced();
    }
  };
  const ignore = (signal: NodeJS.Signals, hint: string): void =>
    logger.warn({ signal }, `${signal} received and ignored: ${hint}`);
  const onCrash = (err: unknown): void => {
    hasCrashed = true;
    logger.fatal({ err }, `uncaught error, ${consequence}`);
    request("uncaught error");
  };

  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  process.on("SIGHUP", (signal) => {
    // Once a terminal has hung up, descriptor 0 is not a TTY any more.
    if (hadTerminal && !isTerminal()) onSignal(signal);
    else if (onHangUp) onHangUp();
    else ignore(signal, "send SIGTERM to end the process");
  });
  // Without a listener, SIGUSR1 opens the inspector, and SIGUSR2 kills the process without a drain.
  process.on("SIGUSR1", (signal) => ignore(signal, "start with --inspect to debug"));
  process.on("SIGUSR2", (signal) => ignore(signal, "send SIGTERM to end the process"));
  process.on("uncaughtException", onCrash);
  process.on("unhandledRejection", onCrash);
  void orphaned?.then(() => {
    if (requestedAt !== undefined) return;
    logger.info(`the shell that started this process has died, ${consequence}`);
    request("orphaned");
  });
  void stopped?.then((reason) => {
    if (reason === "abandoned" && requestedAt === undefined) {
      logger.info(`the supervisor of this process has died, ${consequence}`);
    }
    request(reason);
  });

  return {
    requested,
    forced,
    isRequested: () => requestedAt !== undefined,
    hasCrashed: () => hasCrashed,
  };
}

/** The exit code of a process whose work was interrupted, as shells report it: 143 after SIGTERM, 130 after SIGINT. */
export const interruptedExitCode = (cause: StopCause): number =>
  cause in constants.signals ? 128 + constants.signals[cause as NodeJS.Signals] : 1;
