// The life of a process: services start in order, and stop in reverse without losing work.
import { setMaxListeners } from "node:events";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { PortBoundService } from "../port/service";
import { onStopRequest } from "./stop-request";
import { within } from "./within";

/** A resource that services use, such as a connection pool: closed after the last of them has drained. */
export interface Resource {
  close(): Promise<void>;
}

/** How a process starts and stops. */
export interface LifecycleOptions {
  /** Whose signals and uncaught errors to heed. */
  process: NodeJS.Process;
  logger: Logger;
  /** Resolves when nobody waits for the process any more, which is another reason to stop; never by default. */
  orphaned?: Promise<void>;
  /** How long services still accept work after a signal, in milliseconds: routers need it to look elsewhere. */
  drainDelayMs: number;
  /** How long after the signal the rest is cut, in milliseconds, delay included. */
  shutdownTimeoutMs: number;
}

/** The one life cycle of a process. */
export interface Lifecycle {
  /** Aborted when draining begins: endless responses, such as event streams, end themselves on it. */
  readonly draining: AbortSignal;
  /**
   * Binds the services in order, serves until told to stop, drains them in reverse, then closes the resources.
   * Never rejects.
   * @returns The exit code: 0 after a clean drain; 1 after a failed start, an uncaught error or a forced end;
   *   130 after a second Ctrl-C.
   */
  run(services: readonly PortBoundService[], resources?: readonly Resource[]): Promise<number>;
}

/**
 * After an uncaught error the rest is cut this soon, in milliseconds. No router knows, so each second refuses what a
 * new process would serve; what is in flight mostly ends within it.
 */
const CRASH_DRAIN_MS = 2000;

/** How long resources may take to close once connections had to be cut, in milliseconds. */
const FORCED_CLOSE_MS = 500;

/** 128 + SIGINT's number, as a shell reports a process that Ctrl-C has ended. */
const FORCED_BY_CTRL_C = 130;

/** Creates the life cycle; signals and uncaught errors are heeded from now on. */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { process, logger, orphaned, drainDelayMs, shutdownTimeoutMs } = options;
  const stop = onStopRequest({ process, logger, orphaned });
  const draining = new AbortController();
  // Each endless response listens: any number of them is fine.
  setMaxListeners(0, draining.signal);
  let failed = false;

  const fail = (message: string, details: object = {}): void => {
    failed = true;
    logger.error(details, message);
  };

  /** Resolves with the services that are bound: all of them, unless one failed or a signal came first. */
  async function start(services: readonly PortBoundService[]): Promise<PortBoundService[]> {
    const bound: PortBoundService[] = [];
    // A signal that came while the process was loaded is heard in the first turn: then nothing is bound.
    await nextTurn();
    for (const service of services) {
      if (stop.isRequested()) break;
      try {
        const { address, port } = await service.bind();
        bound.push(service);
        logger.info({ address, port }, `${service.name} is listening on port ${port}`);
      } catch (err) {
        fail((err as Error).message);
        break;
      }
    }
    return bound;
  }

  /** One part that fails to end must not keep the others from ending well. */
  const attempt = (what: string, ended: Promise<void>): Promise<void> =>
    ended.catch((err: unknown) => fail(`${what} failed`, { err }));

  /** How much time there is; a process that may be broken takes on no more work. */
  const limits = () =>
    stop.hasCrashed()
      ? { delayMs: 0, timeoutMs: Math.min(CRASH_DRAIN_MS, shutdownTimeoutMs) }
      : { delayMs: drainDelayMs, timeoutMs: shutdownTimeoutMs };

  async function drain(
    services: readonly PortBoundService[],
    resources: readonly Resource[],
    { delayMs, timeoutMs }: ReturnType<typeof limits>,
  ) {
    const deadline = Date.now() + timeoutMs;
    for (const service of services) service.beginDrain();
    draining.abort();
    // Without a delay the listener closes in this very turn: clients that have been told to reconnect would
    // queue at it, and be reset.
    if (services.length > 0 && delayMs > 0) await sleep(delayMs);
    for (const service of services.toReversed()) {
      await attempt(`draining ${service.name}`, service.drain(deadline - Date.now()));
    }
    for (const resource of resources.toReversed()) {
      await attempt("closing a resource", resource.close());
    }
  }

  async function drainInTime(
    services: readonly PortBoundService[],
    resources: readonly Resource[],
  ) {
    const inTime = limits();
    const drained = drain(services, resources, inTime);
    if (await within(inTime.timeoutMs, drained)) return;
    fail(`not drained within ${inTime.timeoutMs} ms, cutting what is left`);
    for (const service of services) service.destroy();
    await within(FORCED_CLOSE_MS, drained);
  }

  return {
    draining: draining.signal,
    async run(services, resources = []) {
      const bound = await start(services);
      if (!failed) await stop.requested;
      const drained = drainInTime(bound, resources).then(() => false);
      const isForced = await Promise.race([drained, stop.forced.then(() => true)]);
      if (isForced) return FORCED_BY_CTRL_C;
      return failed || stop.hasCrashed() ? 1 : 0;
    },
  };
}
