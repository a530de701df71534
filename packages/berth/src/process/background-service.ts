// The interface of a service that binds no port, such as a worker that runs jobs.

/** A service that works in the background. The lifecycle starts it, and stops it without losing work. */
export interface BackgroundService {
  /** Its name in the log, such as `worker`. */
  readonly name: string;
  /** Starts it; resolves with undefined, as there is no address. */
  bind(): Promise<undefined>;
  /** Begins to drain: it takes no new work. */
  beginDrain(): void;
  /**
   * Resolves when its work has ended, or was handed to others.
   * @param remainingMs Time left until `destroy`, in milliseconds.
   * @param hasCrashed Whether the process drains because of an uncaught error, so that its state cannot be trusted.
   */
  drain(remainingMs: number, hasCrashed: boolean): Promise<void>;
  /** Gives up the rest. */
  destroy(): void;
}
