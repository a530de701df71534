// One instance behind the router: whether it may get requests, and the connections that are kept open to it.
import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { isReady } from "./readiness";

/** How often one that is not ready is asked whether it is, in milliseconds. */
const UNREADY_POLL_MS = 100;
/** How often one that is ready is asked, in milliseconds; one that gets no requests is left in peace, and its log empty. */
const READY_POLL_MS = 1000;
/** How long to wait for the answers that a withdrawn instance owes, in milliseconds. */
const SETTLE_MS = 1000;

export interface Instance {
  /** As in the output: `web.1`. */
  readonly name: string;
  readonly port: number;
  readonly agent: Agent;
  isReady(): boolean;
  /** Gives it no more requests before it has said again that it is ready. */
  rest(): void;
  /** Counts a request that it is given; what is returned is to be called once, when the answer begins or never will. */
  owe(): () => void;
  /**
   * Gives it no more requests before `admit`. Resolves once it has begun to answer all that it was given, in a second at most, and what
   * was kept open to it is closed: it can end without an answer, or a connection on its way, being lost.
   */
  withdraw(): Promise<void>;
  /** Asks it whether it is ready from now on. */
  admit(): void;
  close(): void;
}

/** @param onReady Called whenever it has become ready. */
export function createInstance(name: string, port: number, onReady: () => void): Instance {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024 });
  let ready = false;
  let isAsked = true;
  let isUsed = false;
  let owed = 0;
  let settled = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  let question = new AbortController();

  async function ask(): Promise<void> {
    const { signal } = (question = new AbortController());
    const isIdle = ready && !isUsed;
    isUsed = owed > 0;
    const answer = isIdle || (await isReady(port, signal));
    // What has happened since is younger than the answer.
    if (signal.aborted) return;
    const hasBecomeReady = answer && !ready;
    ready = answer;
    askIn(ready ? READY_POLL_MS : UNREADY_POLL_MS);
    if (hasBecomeReady) onReady();
  }

  function askIn(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), ms);
  }

  function forget(): void {
    ready = false;
    question.abort();
    clearTimeout(timer);
  }

  const closeKept = () =>
    Object.values(agent.freeSockets)
      .flat()
      .forEach((s) => s?.destroy());

  const instance: Instance = {
    name,
    port,
    agent,
    isReady: () => ready,
    rest() {
      if (!isAsked) return;
      forget();
      askIn(UNREADY_POLL_MS);
    },
    owe() {
      isUsed = true;
      owed++;
      return () => {
        if (--owed === 0) settled();
      };
    },
    async withdraw() {
      isAsked = false;
      forget();
      if (owed > 0) {
        const limit = new AbortController();
        const late = delay(SETTLE_MS, undefined, { signal: limit.signal }).catch(() => {});
        await Promise.race([new Promise<void>((resolve) => (settled = resolve)), late]);
        limit.abort();
      }
      closeKept();
    },
    admit() {
      isAsked = true;
      forget();
      askIn(0);
    },
    close() {
      isAsked = false;
      forget();
      agent.destroy();
    },
  };
  instance.admit();
  return instance;
}
