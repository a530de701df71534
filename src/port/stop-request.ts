// What asks a process to stop: signals, and errors that nobody caught.
import { isatty } from "node:tty";
import type { Logger } from "pino";

/** What has been asked of the process so far. */
export interface StopRequest {
  /** Resolves at the first signal or uncaught error. */
  readonly requested: Promise<void>;
  /** Resolves when somebody at a terminal presses Ctrl-C again. */
  readonly forced: Promise<void>;
  isRequested(): boolean;
  /** Whether an error went uncaught, before or after the request. */
  hasCrashed(): boolean;
}

const STDIN_FD = 0;

/** One Ctrl-C reaches a process twice under `npm start`, from the terminal and from npm, at most this far apart (milliseconds). */
const SAME_KEYPRESS_MS = 250;

/**
 * Heeds SIGTERM, SIGINT, uncaught exceptions and unhandled rejections from now on.
 * Repeated signals change nothing, as platforms send several; only a second Ctrl-C on a terminal forces the end.
 */
export function onStopRequest(
  process: NodeJS.Process,
  logger: Logger,
  isTerminal: () => boolean = () => isatty(STDIN_FD),
): StopRequest {
  let requestedAt: number | undefined;
  let crashed = false;
  let resolveRequested!: () => void;
  let resolveForced!: () => void;
  const requested = new Promise<void>((resolve) => (resolveRequested = resolve));
  const forced = new Promise<void>((resolve) => (resolveForced = resolve));

  const request = (): void => {
    requestedAt ??= Date.now();
    resolveRequested();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (requestedAt === undefined) {
      logger.info({ signal }, `${signal} received, draining`);
      return request();
    }
    const again = Date.now() - requestedAt > SAME_KEYPRESS_MS;
    if (signal === "SIGINT" && again && isTerminal()) {
      logger.warn("second Ctrl-C, not waiting any longer");
      resolveForced();
    }
  };
  const onCrash = (err: unknown): void => {
    crashed = true;
    logger.fatal({ err }, "uncaught error, draining");
    request();
  };

  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  process.on("uncaughtException", onCrash);
  process.on("unhandledRejection", onCrash);

  return {
    requested,
    forced,
    isRequested: () => requestedAt !== undefined,
    hasCrashed: () => crashed,
  };
}
