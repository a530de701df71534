// Attaches another HTTP service by URL: calls that end in time, are repeated where that is safe, and fail in a way that can be told apart.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type * as undici from "undici";
import type * as v from "valibot";
import { currentContext, DEADLINE_HEADER, keepWorkContexts } from "../process/work-context";
import { createCircuit } from "./circuit";
import { createRetryBudget } from "./retry-budget";
import { readAnswer } from "./service-answer";
import { createServicePool, parseServiceUrl } from "./service-connection";
import { startDeadline } from "./service-deadline";
import { ServiceError, ServiceProblem, toServiceError } from "./service-errors";

// Whoever imports this wants its calls to say whom they are for.
keepWorkContexts();

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
  /** The most connections; further calls wait for one. 50 by default. */
  connections?: number;
  /** The largest answer, in bytes; 1 MiB by default. */
  answerLimitBytes?: number;
  /** What `ping` asks; `/readyz` by default. */
  pingPath?: string;
}

/** One call. */
export interface Call<Schema extends v.GenericSchema | undefined> {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Begins with `/`; what users have written in it is encoded (`encodeURIComponent`). */
  path: string;
  query?: Readonly<Record<string, string | number | boolean>>;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** What the answer has to be; without it, it is not looked at. */
  answer?: Schema;
  /** How long it may take, in milliseconds; as all calls by default. */
  timeoutMs?: number;
  /** Whether doing it twice is doing it once: by default, all but POST and PATCH, and these with an `Idempotency-Key`. */
  isIdempotent?: boolean;
}

/** What a call resolves with. */
export type AnswerOf<Schema> = Schema extends v.GenericSchema ? v.InferOutput<Schema> : void;

/** Another service. */
export interface ServiceClient {
  /**
   * Calls it, again where nothing was sent or doing it twice is doing it once.
   * @throws ServiceProblem when it answers with an error, ServiceError when there is no answer, or none that was expected.
   */
  call<Schema extends v.GenericSchema | undefined = undefined>(
    call: Call<Schema>,
  ): Promise<AnswerOf<Schema>>;
  /** Resolves when it says that it is ready. @throws ServiceError */
  ping(this: void): Promise<void>;
  /** Lets calls end, and closes the connections. */
  close(this: void): Promise<void>;
}

/** The wait before a repetition, in milliseconds: any part of this, doubled each time. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;

/** Attaches a service; nothing is loaded or connected before it is first called. @throws TypeError when the URL is none. */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const { name, logger, timeoutMs = 5000, pingPath = "/readyz" } = options;
  const { origin, pathname } = parseServiceUrl(options.url);
  const prefix = pathname.replace(/\/$/, "");
  const circuit = createCircuit(name, logger);
  const budget = createRetryBudget();
  let pool: undici.Pool | undefined;
  const connect = (): undici.Pool => (pool ??= createServicePool(origin, options));

  async function attempt(call: Call<v.GenericSchema | undefined>, remainingMs: number) {
    const { method, path, query, body, headers } = call;
    const limitMs = Math.ceil(remainingMs);
    const deadline = startDeadline(limitMs);
    try {
      const response = await connect().request({
        method,
        path: prefix + path,
        ...(query && { query }),
        headers: {
          Accept: "application/json, application/problem+json",
          [DEADLINE_HEADER]: String(limitMs),
          ...currentContext()?.travels?.(),
          ...(body !== undefined && { "Content-Type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: deadline,
      });
      return await readAnswer(name, response, call.answer);
    } catch (err) {
      throw toServiceError(name, err, deadline);
    } finally {
      deadline.stop();
    }
  }

  async function call<Schema extends v.GenericSchema | undefined>(
    of: Call<Schema>,
  ): Promise<AnswerOf<Schema>> {
    const ownDeadline = performance.now() + (of.timeoutMs ?? timeoutMs);
    const deadline = Math.min(ownDeadline, currentContext()?.deadline ?? Infinity);
    const remainingMs = (): number => deadline - performance.now();
    if (remainingMs() <= 0) {
      throw new ServiceError(
        name,
        "timeout",
        504,
        "was not called, as nobody waits for it any more",
      );
    }
    budget.earn();
    let last: ServiceError | undefined;
    for (let tries = 1; ; tries++) {
      for (let waitMs; (waitMs = circuit.enter()) > 0;) {
        if (waitMs >= remainingMs()) {
          throw (
            last ?? new ServiceError(name, "unreachable", 503, "is not available at the moment")
          );
        }
        await sleep(waitMs);
      }
      try {
        const answer = await attempt(of, Math.max(1, remainingMs()));
        circuit.leave(true);
        return answer as AnswerOf<Schema>;
      } catch (err) {
        if (!(err instanceof ServiceError)) {
          circuit.leave(true);
          throw err;
        }
        last = err;
        circuit.leave(!isAway(err));
        const waitMs = retryDelayMs(err, tries);
        if (!mayRepeat(of, err) || waitMs >= remainingMs() || !(isUnsent(err) || budget.spend())) {
          throw err;
        }
        await sleep(waitMs);
      }
    }
  }

  return {
    call,
    ping: () => call<undefined>({ method: "GET", path: pingPath, timeoutMs: 1000 }),
    async close() {
      if (pool && !pool.closed) await pool.close();
    },
  };
}

/** Nobody has it: it can be sent to whoever is there later. */
const isUnsent = ({ failure }: ServiceError): boolean => failure === "unreachable";

/** Whether the other side is in no state to be called. */
const isAway = (err: ServiceError): boolean =>
  err instanceof ServiceProblem
    ? [502, 503, 504].includes(err.problem.status)
    : err.failure !== "badAnswer";

function mayRepeat(
  { method, headers, isIdempotent }: Call<v.GenericSchema | undefined>,
  err: ServiceError,
): boolean {
  if (isUnsent(err)) return true;
  const isSafe =
    isIdempotent ??
    (!["POST", "PATCH"].includes(method) ||
      Object.keys(headers ?? {}).some((header) => header.toLowerCase() === "idempotency-key"));
  if (err instanceof ServiceProblem)
    return isSafe && [429, 502, 503, 504].includes(err.problem.status);
  return isSafe && err.failure === "broken";
}

/** As long as the other side says, else a random part of what doubles with each try: callers must not come in step. */
function retryDelayMs(err: ServiceError, tries: number): number {
  if (err instanceof ServiceProblem && err.retryAfterS !== undefined) return err.retryAfterS * 1000;
  return Math.random() * Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS);
}
