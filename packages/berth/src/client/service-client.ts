// Attaches another HTTP service by URL: calls that end in time, are repeated where that is safe, and fail in a way that can be told apart.
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type * as v from "valibot";
import { currentContext, keepWorkContexts } from "../process/work-context";
import { createCircuit, type Permit } from "../backing/circuit-breaker";
import { createRetryBudget } from "./retry-budget";
import { createServicePool, parseServiceUrl, type ServicePool } from "./connection";
import { ServiceError } from "./errors";
import { exchange } from "./exchange";
import { isUnsent, mayRepeat, retryDelayMs, stateBy } from "./retries";
import { type ServiceRequest, toRequest } from "./request";
import { createSlots } from "./semaphore";

/** How a service is attached. */
export interface ServiceClientOptions {
  /** What problems, readiness and log lines call it, such as `stock`. */
  name: string;
  /** Where it is; a path in it precedes the paths of all calls. */
  url: string;
  logger: Pick<Logger, "info" | "warn">;
  /**
   * How long a call may take, repetitions included, in milliseconds; 5 s by default, and never longer than who has sent
   * the request waits that it is made for.
   */
  timeoutMs?: number;
  /** How long it may take to connect, in milliseconds; 1 s by default. */
  connectTimeoutMs?: number;
  /** How long the other side may be silent in the midst of a call, in milliseconds; 3 s by default. */
  silenceTimeoutMs?: number;
  /** The most connections, besides one to ping; further calls wait for one. 50 by default. */
  connections?: number;
  /** The largest answer, in bytes; 1 MiB by default. */
  answerLimitBytes?: number;
  /** What `ping` asks; `/livez` by default: by `/readyz`, two that call each other would ask without end. */
  pingPath?: string;
}

/** One call. */
export type Call<Schema extends v.GenericSchema | undefined> = CallParts &
  (
    | { method: "HEAD"; answer?: undefined }
    | {
        method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
        /** What the answer has to be; without it, it is not looked at. */
        answer?: Schema;
      }
  );

interface CallParts {
  /** Begins with `/`; what users have written in it is checked, or encoded (`encodeURIComponent`). */
  path: string;
  query?: Readonly<Record<string, string | number | boolean>>;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** How long it may take, in milliseconds; as all calls by default. */
  timeoutMs?: number;
  /** Whether doing it twice is doing it once: by default, all but POST and PATCH, and these with an `Idempotency-Key`. */
  isIdempotent?: boolean;
}

/** A call, whatever is expected of its answer. */
export type AnyCall = Call<v.GenericSchema | undefined>;

/** What a call resolves with. */
export type AnswerOf<Schema> = Schema extends v.GenericSchema ? v.InferOutput<Schema> : void;

/** Another service. */
export interface ServiceClient {
  /**
   * Calls it, again where nothing was sent or doing it twice is doing it once.
   * @throws ServiceProblem when it answers with an error, ServiceError when there is no answer, or none that was expected,
   *   another error at once when it cannot be sent: no path, a header or a body that is none.
   */
  call<Schema extends v.GenericSchema | undefined = undefined>(
    call: Call<Schema>,
  ): Promise<AnswerOf<Schema>>;
  /** Asks once whether it runs, whatever its circuit says. @throws ServiceError when it does not, or does not say so in time. */
  ping(this: void): Promise<void>;
  /** Lets calls end that are under way, fails those that wait, and closes the connections. */
  close(this: void): Promise<void>;
}

/** How long the other side may take to say that it runs, in milliseconds. */
const PING_MS = 1000;

/** Node's longest timer, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** Attaches a service; nothing is loaded or connected before it is first called. @throws TypeError when the URL is none. */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  // Calls carry the ids and the deadline of the request that they are made for.
  keepWorkContexts();
  const { name, logger, timeoutMs = 5000, silenceTimeoutMs = 3000, pingPath = "/livez" } = options;
  const { origin, pathname } = parseServiceUrl(options.url);
  const prefix = pathname.replace(/\/$/, "");
  const circuit = createCircuit(name, logger);
  const budget = createRetryBudget();
  const closing = new AbortController();
  // Each call that waits listens: any number of them is fine.
  setMaxListeners(0, closing.signal);
  const away = () => new ServiceError(name, "unreachable", 503, "is not available at the moment");
  const { connections = 50 } = options;
  const slots = createSlots(connections, closing.signal);
  /** Opened when they are needed; pings have a connection of their own, so as not to stand in line behind calls. */
  const pools: { calls?: ServicePool; pings?: ServicePool } = {};

  async function send(
    by: "calls" | "pings",
    request: ServiceRequest,
    answer: AnyCall["answer"],
    limitMs: number,
  ): Promise<unknown> {
    if (closing.signal.aborted) throw away();
    pools[by] ??= createServicePool(origin, by === "calls" ? connections : 1, options);
    return exchange(name, pools[by], request, answer, limitMs);
  }

  /** Tells how long is left of so long, or of what whoever is waited for waits. @throws ServiceError when that is nothing. */
  function startTimer(ownMs: number): () => number {
    const deadline = Math.min(performance.now() + ownMs, currentContext()?.deadline ?? Infinity);
    const remainingMs = (): number => deadline - performance.now();
    if (remainingMs() > 0) return remainingMs;
    const what = "was not called, as nobody waits for it any more";
    throw new ServiceError(name, "timeout", 504, what);
  }

  /** Waits, but not for longer than this is open. */
  const pause = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined);

  /** Waits for the circuit. @throws ServiceError, the last one, when there is no time for that. */
  async function permission(remainingMs: () => number, last?: ServiceError): Promise<Permit> {
    for (;;) {
      const permit = closing.signal.aborted ? Infinity : circuit.enter();
      if (typeof permit !== "number") return permit;
      if (permit >= remainingMs()) throw last ?? away();
      await pause(permit);
    }
  }

  async function call<Schema extends v.GenericSchema | undefined>(
    of: Call<Schema>,
  ): Promise<AnswerOf<Schema>> {
    const ownMs = Math.min(of.timeoutMs ?? timeoutMs, LONGEST_MS);
    const remainingMs = startTimer(ownMs);
    const request = toRequest(of, prefix);
    budget.earn();
    let last: ServiceError | undefined;
    for (let tries = 1; ; tries++) {
      const leave = await permission(remainingMs, last);
      const slot = slots.take(remainingMs());
      const giveBack = slot instanceof Promise ? await slot : slot;
      if (!giveBack) {
        leave("unclear");
        throw last ?? away();
      }
      const limitMs = whole(remainingMs());
      try {
        const answer = await send("calls", request, of.answer, limitMs).finally(giveBack);
        leave("answers");
        return answer as AnswerOf<Schema>;
      } catch (err) {
        const hadTime = limitMs >= Math.min(ownMs, silenceTimeoutMs) / 2;
        leave(stateBy(err, hadTime), err);
        if (!(err instanceof ServiceError)) throw err;
        last = err;
        const waitMs = retryDelayMs(err, tries);
        if (!mayRepeat(of, err) || waitMs >= remainingMs() || !(isUnsent(err) || budget.spend())) {
          throw err;
        }
        await pause(waitMs);
        // A timer of a busy process may end late: what is sent then could only time out.
        if (remainingMs() <= 0) throw err;
      }
    }
  }

  return {
    call,
    // Apart from calls: one that is not ready may well answer them, and be asked again soon.
    async ping() {
      const request = toRequest({ method: "GET", path: pingPath }, prefix);
      await send("pings", request, undefined, whole(startTimer(PING_MS)()));
    },
    async close() {
      closing.abort();
      const open = Object.values(pools).filter(({ closed }) => !closed);
      await Promise.all(open.map((pool) => pool.close()));
    },
  };
}

/** As timers and headers want it. */
const whole = (ms: number): number => Math.max(1, Math.ceil(ms));
