// One instance behind the router: whether it is ready for requests, and its keep-alive connections.
import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** The interval of health checks while the instance is not ready, in milliseconds. */
const UNREADY_POLL_MS = 100;
/** The interval of health checks while it is ready and gets requests, in milliseconds. An idle instance is not checked. */
const READY_POLL_MS = 1000;
/** How long to wait for the pending responses of a withdrawn instance, in milliseconds. */
const SETTLE_MS = 1000;
/** A health check that takes longer than this has failed, in milliseconds. */
const CHECK_TIMEOUT_MS = 5000;

export interface Instance {
  /** As in the output: `web.1`. */
  readonly name: string;
  readonly port: number;
  readonly agent: Agent;
  isReady(): boolean;
  /** Sends it no more requests until its next health check succeeds. */
  suspend(): void;
  /** Counts a pending request. Returns the function to call once its response has begun, or will not. */
  beginRequest(): () => void;
  /**
   * Takes it out of rotation until `admit`. Resolves once it has begun its pending responses, or after a second, and its idle
   * connections are closed: it can now be stopped without losing a request.
   */
  withdraw(): Promise<void>;
  /** Puts it into rotation, once a health check succeeds. */
  admit(): void;
  close(): void;
}

/** @param onReady Called whenever it becomes ready. */
export function createInstance(name: string, port: number, onReady: () => void): Instance {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024 });
  let ready = false;
  let isAdmitted = true;
  /** Whether it had requests since the last check. */
  let isUsed = false;
  let pending = 0;
  let onSettled = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  let current = new AbortController();

  async function check(): Promise<void> {
    const { signal } = (current = new AbortController());
    const isIdle = ready && !isUsed;
    isUsed = pending > 0;
    const result = isIdle || (await isReady(port, signal));
    // The instance was suspended or withdrawn during the check.
    if (signal.aborted) return;
    const hasBecomeReady = result && !ready;
    ready = result;
    checkIn(ready ? READY_POLL_MS : UNREADY_POLL_MS);
    if (hasBecomeReady) onReady();
  }

  function checkIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void check(), ms);
  }

  function markUnready(): void {
    ready = false;
    current.abort();
    clearTimeout(timer);
  }

  const closeIdleConnections = () =>
    Object.values(agent.freeSockets)
      .flat()
      .forEach((socket) => socket?.destroy());

  const instance: Instance = {
    name,
    port,
    agent,
    isReady: () => ready,
    suspend() {
      if (!isAdmitted) return;
      markUnready();
      checkIn(UNREADY_POLL_MS);
    },
    beginRequest() {
      isUsed = true;
      pending++;
      return () => {
        if (--pending === 0) onSettled();
      };
    },
    async withdraw() {
      isAdmitted = false;
      markUnready();
      if (pending > 0) {
        const limit = new AbortController();
        const late = delay(SETTLE_MS, undefined, { signal: limit.signal }).catch(() => {});
        await Promise.race([new Promise<void>((resolve) => (onSettled = resolve)), late]);
        limit.abort();
      }
      closeIdleConnections();
    },
    admit() {
      isAdmitted = true;
      markUnready();
      checkIn(0);
    },
    close() {
      isAdmitted = false;
      markUnready();
      agent.destroy();
    },
  };
  instance.admit();
  return instance;
}

/**
 * Whether `/readyz` responds with less than 500: a service without this route responds 404. Uses a new connection, since an open
 * one does not show whether the instance accepts more.
 * @param signal Ends the check with `false`.
 */
function isReady(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, path: "/readyz", agent: false, signal };
    const check = get({ ...options, timeout: CHECK_TIMEOUT_MS }, (res) => {
      resolve((res.statusCode ?? 500) < 500);
      res.on("error", () => {}).destroy();
    });
    check.on("timeout", () => check.destroy()).on("error", () => resolve(false));
  });
}
