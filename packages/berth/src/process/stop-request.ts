// What asks a process to stop: signals, errors that nobody caught, and the death of the shell that waited for it.
import { constants } from "node:os";
import { isatty } from "node:tty";
import type { Logger } from "pino";
import type { SupervisorsWord } from "./supervisor-link";

/** What asked first. */
export type StopCause = NodeJS.Signals | "uncaught error" | "orphaned" | SupervisorsWord;

/** What has been asked of the process so far. */
export interface StopRequest {
  /** Resolves at the first request. */
  readonly requested: Promise<StopCause>;
  /** Resolves when somebody at a terminal presses Ctrl-C again. */
  readonly forced: Promise<void>;
  isRequested(): boolean;
  /** Whether an error went uncaught, before or after the request. */
  hasCrashed(): boolean;
}

/** Whom to heed, and how. */
export interface StopRequestOptions {
  process: NodeJS.Process;
  logger: Logger;
  /** Resolves when nobody waits for the process any more; never by default. */
  orphaned?: Promise<void> | undefined;
  /** Resolves when a supervisor wants the process to end; never by default. */
  asked?: Promise<SupervisorsWord> | undefined;
  /** What a SIGHUP does that is not that of a terminal, instead of being logged. */
  onHangUp?: (() => void) | undefined;
  /** What the log says the process does about it, `draining` by default. */
  consequence?: string;
  isTerminal?: () => boolean;
}

const STDIN_FD = 0;

/** One Ctrl-C reaches a process twice under `npm start`, from the terminal and from npm, at most this far apart (milliseconds). */
const SAME_KEYPRESS_MS = 250;

/**
 * Heeds SIGTERM, SIGINT, the hang-up of its terminal, uncaught exceptions and unhandled rejections from now on.
 * Repeated signals change nothing, as platforms send several; only a second Ctrl-C on a terminal forces the end.
 * SIGUSR1, SIGUSR2 and a SIGHUP without a terminal are logged, and change nothing.
 */
export function onStopRequest(options: StopRequestOptions): StopRequest {
  const { process, logger, orphaned, asked, onHangUp, consequence = "draining" } = options;
  const { isTerminal = () => isatty(STDIN_FD) } = options;
  const hadTerminal = isTerminal();
  let requestedAt: number | undefined;
  let crashed = false;
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
    const again = performance.now() - requestedAt > SAME_KEYPRESS_MS;
    if (signal === "SIGINT" && again && isTerminal()) {
      logger.warn("second Ctrl-C, not waiting any longer");
      resolveForced();
    }
  };
  const ignore = (signal: NodeJS.Signals, cure: string): void =>
    logger.warn({ signal }, `${signal} received and ignored: ${cure}`);
  const onCrash = (err: unknown): void => {
    crashed = true;
    logger.fatal({ err }, `uncaught error, ${consequence}`);
    request("uncaught error");
  };

  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  process.on("SIGHUP", (signal) => {
    // A terminal that has gone away is none any more.
    if (hadTerminal && !isTerminal()) onSignal(signal);
    else if (onHangUp) onHangUp();
    else ignore(signal, "send SIGTERM to end the process");
  });
  // Without a listener SIGUSR1 opens the inspector, and SIGUSR2 ends the process without a drain.
  process.on("SIGUSR1", (signal) => ignore(signal, "start with --inspect to debug"));
  process.on("SIGUSR2", (signal) => ignore(signal, "send SIGTERM to end the process"));
  process.on("uncaughtException", onCrash);
  process.on("unhandledRejection", onCrash);
  void orphaned?.then(() => {
    if (requestedAt !== undefined) return;
    logger.info(`the shell that started this process has ended, ${consequence}`);
    request("orphaned");
  });
  void asked?.then((word) => {
    if (word === "abandoned" && requestedAt === undefined) {
      logger.info(`the supervisor of this process has died, ${consequence}`);
    }
    request(word);
  });

  return {
    requested,
    forced,
    isRequested: () => requestedAt !== undefined,
    hasCrashed: () => crashed,
  };
}

/** The exit code of a process that has left its work undone, as a shell would report it: 143 after SIGTERM, 130 after SIGINT. */
export const interruptedExitCode = (cause: StopCause): number =>
  cause in constants.signals ? 128 + constants.signals[cause as NodeJS.Signals] : 1;
