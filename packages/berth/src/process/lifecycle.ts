// The lifecycle of a process: binds its services in order, and drains them in reverse without losing work.
import { setMaxListeners } from "node:events";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { type BoundAddress, describeAddress } from "../port/bind";
import type { PortBoundService } from "../port/service";
import type { BackgroundService } from "./background-service";
import { drainStart } from "./channels";
import { watchDescriptors } from "./descriptors";
import { FORCED_BY_CTRL_C, onStopRequest, type StopCause } from "./stop-request";
import { findSupervisor, type Supervised } from "./supervisor-link";
import { within } from "./within";

/** A resource that services use, such as a connection pool: closed after the services have drained. */
export interface Resource extends Supervised {
  close(): Promise<void>;
}

/** The resources of a process, by the names that the log uses. */
type Resources = Readonly<Record<string, Resource>>;

/** What a lifecycle starts and drains. */
type Service = PortBoundService | BackgroundService;

const bindsPort = (service: Service): service is PortBoundService => "isReady" in service;

/** The abort reason of `draining` in a worker that is replaced: other workers serve its port, so the service stays ready. */
export const REPLACED = new DOMException("Another process takes over.", "AbortError");

/** How a process starts and stops. */
export interface LifecycleOptions {
  /** The process whose signals and uncaught errors are handled. */
  process: NodeJS.Process;
  logger: Logger;
  /** Resolves when the shell that waits for the process has died, which is another reason to stop; never by default. */
  orphaned?: Promise<void>;
  /** How long services accept connections after a signal, in milliseconds: until routers have removed the process. */
  drainDelayMs: number;
  /** How long after a signal the remaining connections are closed, in milliseconds, drain delay included. */
  shutdownTimeoutMs: number;
}

/** The lifecycle of a process, which has only one. */
export interface Lifecycle {
  /** Aborted when draining begins: long-lived responses, such as long polls, should end then. */
  readonly draining: AbortSignal;
  /**
   * Binds or starts the services in order, serves until a stop is requested, drains them in reverse, then closes the resources.
   * Never rejects.
   * @returns The exit code: 0 after a clean drain; 1 after a failed start, an uncaught error or a shutdown timeout;
   *   130 after a second Ctrl-C.
   */
  run(this: void, services: readonly Service[], resources?: Resources): Promise<number>;
}

/**
 * The shutdown timeout after an uncaught error, in milliseconds. Routers still send requests, which are refused until a
 * new process serves; most requests in flight finish within this time.
 */
const CRASH_DRAIN_MS = 2000;

/** How long resources may take to close after connections were closed by force, in milliseconds. */
const FORCED_CLOSE_MS = 500;

/** Creates the lifecycle; signals and uncaught errors are handled from now on. */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { process, logger, orphaned, drainDelayMs, shutdownTimeoutMs } = options;
  watchDescriptors(logger);
  const supervisor = findSupervisor();
  const stop = onStopRequest({
    process,
    logger,
    orphaned,
    stopped: supervisor?.stopped,
    // SIGHUP is for the supervisor, which gets a signal to the process group as well.
    onHangUp: supervisor && (() => undefined),
  });
  const draining = new AbortController();
  // Each long-lived response adds a listener: any number is fine.
  setMaxListeners(0, draining.signal);
  let failed = false;

  const fail = (message: string, details: object = {}): void => {
    failed = true;
    logger.error(details, message);
  };

  /** Resolves with the bound services: all of them, unless one failed or a signal came first. */
  async function start(services: readonly Service[], resources: Resources): Promise<Service[]> {
    const bound: Service[] = [];
    // A signal that arrived while the process was loading is delivered in the first turn: then nothing is bound.
    await nextTurn();
    const wait = { logger, signal: draining.signal };
    await Promise.race([supervisor?.waitToBind(resources, wait), stop.requested]);
    for (const service of services) {
      if (stop.isRequested()) break;
      try {
        const at = await service.bind();
        bound.push(service);
        if (at) announce(service, at);
      } catch (err) {
        fail((err as Error).message);
        break;
      }
    }
    if (bound.length < services.length) return bound;
    // After those with a port, by which a process that has both is known.
    for (const { name } of services.filter((service) => !bindsPort(service))) {
      logger.info({ pid: process.pid }, `${name} is running`);
    }
    supervisor?.serving();
    return bound;
  }

  /** For workers, the supervisor logs this once. */
  function announce({ name }: Service, at: BoundAddress): void {
    if (supervisor) return supervisor.bound(name, at);
    const { fields, text } = describeAddress(at);
    logger.info(fields, `${name} ${text}`);
  }

  /** A service that fails to stop must not keep the others from draining. */
  const logFailure = (what: string, ended: Promise<void>): Promise<void> =>
    ended.catch((err: unknown) => fail(`${what} failed`, { err }));

  /** How long to keep accepting connections, and how long the whole drain may take. */
  function timeLimits(cause: StopCause | undefined) {
    // A process that may be broken accepts no more work; neither does a worker that has lost its supervisor.
    if (stop.hasCrashed() || cause === "abandoned") {
      return { delayMs: 0, timeoutMs: Math.min(CRASH_DRAIN_MS, shutdownTimeoutMs) };
    }
    // While other workers serve the port, routers need not notice.
    return { delayMs: cause === "replaced" ? 0 : drainDelayMs, timeoutMs: shutdownTimeoutMs };
  }

  async function drain(
    services: readonly Service[],
    resources: Resources,
    cause: StopCause | undefined,
    { delayMs, timeoutMs }: ReturnType<typeof timeLimits>,
  ) {
    const deadline = performance.now() + timeoutMs;
    if (drainStart.hasSubscribers) drainStart.publish({});
    const acceptWaiting = () =>
      Promise.all(services.filter(bindsPort).map(async (service) => service.acceptWaiting?.()));
    await acceptWaiting();
    for (const service of services) service.beginDrain();
    draining.abort(cause === "replaced" ? REPLACED : undefined);
    // Without a delay the listener closes in this turn: clients that reconnect in response to `beginDrain` must not get
    // into its accept queue, where they would be reset.
    if (services.length > 0 && delayMs > 0) {
      await sleep(delayMs);
      await acceptWaiting();
    }
    for (const service of services.toReversed()) {
      const drained = service.drain(deadline - performance.now(), stop.hasCrashed());
      await logFailure(`draining ${service.name}`, drained);
    }
    for (const [name, resource] of Object.entries(resources).toReversed()) {
      await logFailure(`closing the ${name}`, resource.close());
    }
  }

  async function drainInTime(
    services: readonly Service[],
    resources: Resources,
    cause: StopCause | undefined,
  ) {
    const limits = timeLimits(cause);
    const drained = drain(services, resources, cause, limits);
    if (await within(limits.timeoutMs, drained)) return;
    const rest = services.some(bindsPort)
      ? "closing the remaining connections"
      : "leaving its work unfinished";
    fail(`not drained within ${limits.timeoutMs} ms, ${rest}`);
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
