// The life of a process: services start in order, and stop in reverse without losing work.
import { setMaxListeners } from "node:events";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { type BoundAddress, logOf } from "../port/bind";
import type { PortBoundService } from "../port/service";
import { watchDescriptors } from "./descriptors";
import { onStopRequest, type StopCause } from "./stop-request";
import { findSupervisor, type Supervised } from "./supervisor-link";
import { within } from "./within";

/** A resource that services use, such as a connection pool: closed after the last of them has drained. */
export interface Resource extends Supervised {
  close(): Promise<void>;
}

/**
 * Why `draining` is aborted in a process while others go on serving its port: whoever asks whether the service is ready is
 * told that it is.
 */
export const REPLACED = new DOMException("Another process takes over.", "AbortError");

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
  /** Aborted when draining begins: responses that wait, such as long polls, end themselves on it. */
  readonly draining: AbortSignal;
  /**
   * Binds the services in order, serves until told to stop, drains them in reverse, then closes the resources, which have
   * their names from the log. Never rejects.
   * @returns The exit code: 0 after a clean drain; 1 after a failed start, an uncaught error or a forced end;
   *   130 after a second Ctrl-C.
   */
  run(
    this: void,
    services: readonly PortBoundService[],
    resources?: Readonly<Record<string, Resource>>,
  ): Promise<number>;
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
  watchDescriptors(logger);
  const supervisor = findSupervisor();
  const stop = onStopRequest({
    process,
    logger,
    orphaned,
    asked: supervisor?.asked,
    // The supervisor has got it, too, if it was meant for all.
    onHangUp: supervisor && (() => undefined),
  });
  const draining = new AbortController();
  // Each endless response listens: any number of them is fine.
  setMaxListeners(0, draining.signal);
  let failed = false;

  const fail = (message: string, details: object = {}): void => {
    failed = true;
    logger.error(details, message);
  };

  /** Resolves with the services that are bound: all of them, unless one failed or a signal came first. */
  async function start(
    services: readonly PortBoundService[],
    resources: Readonly<Record<string, Resource>>,
  ): Promise<PortBoundService[]> {
    const bound: PortBoundService[] = [];
    // A signal that came while the process was loaded is heard in the first turn: then nothing is bound.
    await nextTurn();
    const wait = { logger, signal: draining.signal };
    await Promise.race([supervisor?.mayBind(resources, wait), stop.requested]);
    for (const service of services) {
      if (stop.isRequested()) break;
      try {
        const at = await service.bind();
        bound.push(service);
        announce(service, at);
      } catch (err) {
        fail((err as Error).message);
        break;
      }
    }
    if (bound.length === services.length) supervisor?.serving();
    return bound;
  }

  /** Of several workers the supervisor says it, once for all. */
  function announce({ name }: PortBoundService, at: BoundAddress): void {
    if (supervisor) return supervisor.bound(name, at);
    const { fields, text } = logOf(at);
    logger.info(fields, `${name} ${text}`);
  }

  /** One part that fails to end must not keep the others from ending well. */
  const attempt = (what: string, ended: Promise<void>): Promise<void> =>
    ended.catch((err: unknown) => fail(`${what} failed`, { err }));

  /** How much time there is. */
  function limits(cause: StopCause | undefined) {
    // A process that may be broken takes on no more work, and one without a supervisor has no port to give back.
    if (stop.hasCrashed() || cause === "abandoned") {
      return { delayMs: 0, timeoutMs: Math.min(CRASH_DRAIN_MS, shutdownTimeoutMs) };
    }
    // While others serve the port, no router has to look elsewhere.
    return { delayMs: cause === "replaced" ? 0 : drainDelayMs, timeoutMs: shutdownTimeoutMs };
  }

  async function drain(
    services: readonly PortBoundService[],
    resources: Readonly<Record<string, Resource>>,
    cause: StopCause | undefined,
    { delayMs, timeoutMs }: ReturnType<typeof limits>,
  ) {
    const deadline = performance.now() + timeoutMs;
    const acceptWaiting = () => Promise.all(services.map(async (of) => of.acceptWaiting?.()));
    await acceptWaiting();
    for (const service of services) service.beginDrain();
    draining.abort(cause === "replaced" ? REPLACED : undefined);
    // Without a delay the listener closes in this very turn: clients that have been told to reconnect would
    // queue at it, and be reset.
    if (services.length > 0 && delayMs > 0) {
      await sleep(delayMs);
      await acceptWaiting();
    }
    for (const service of services.toReversed()) {
      await attempt(`draining ${service.name}`, service.drain(deadline - performance.now()));
    }
    for (const [name, resource] of Object.entries(resources).toReversed()) {
      await attempt(`closing the ${name}`, resource.close());
    }
  }

  async function drainInTime(
    services: readonly PortBoundService[],
    resources: Readonly<Record<string, Resource>>,
    cause: StopCause | undefined,
  ) {
    const inTime = limits(cause);
    const drained = drain(services, resources, cause, inTime);
    if (await within(inTime.timeoutMs, drained)) return;
    fail(`not drained within ${inTime.timeoutMs} ms, cutting what is left`);
    for (const service of services) service.destroy();
    await within(FORCED_CLOSE_MS, drained);
  }

  return {
    draining: draining.signal,
    async run(services, resources = {}) {
      const bound = await start(services, resources);
      const cause = failed ? undefined : await stop.requested;
      supervisor?.leaving();
      const drained = drainInTime(bound, resources, cause).then(() => false);
      const isForced = await Promise.race([drained, stop.forced.then(() => true)]);
      if (isForced) return FORCED_BY_CTRL_C;
      return failed || stop.hasCrashed() ? 1 : 0;
    },
  };
}
