// What happens in a process, and the events that it publishes.
import { EventEmitter, once } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { RequestHandler, Response } from "express";
import request from "supertest";
import * as v from "valibot";
import { createCircuitBreaker } from "../../src/backing/circuit-breaker";
import { idempotent, type RunOnce } from "../../src/http/idempotent";
import { rateLimit } from "../../src/http/rate-limit";
import { refusals } from "../../src/http/refusals";
import { handleJob } from "../../src/jobs/handler";
import { describeJob } from "../../src/jobs/job-type";
import { type Run, runJob } from "../../src/jobs/run-job";
import { createConnectionPool } from "../../src/postgres/connection-pool";
import { createDatabase } from "../../src/postgres/database";
import { createLifecycle } from "../../src/process/lifecycle";
import { createTestApp, createTestLogger } from "../../src/testing/app";
import { startFakePostgres } from "./fake-postgres";
import { attach, startService } from "./stock-service";

const { logger } = createTestLogger();

/** Events in their order. */
export type Events = [channel: string, event: object][];

/** A time, or a duration. */
export const number = expect.any(Number) as number;
export const timed = { startedAt: number, durationMs: number };
const boom = new Error("boom");

/** Requests a boat from an app; resolves when its response is closed. */
async function askFor(
  path: string,
  handle: (res: Response) => unknown,
  middleware: readonly RequestHandler[] = [],
): Promise<void> {
  let closed: Promise<unknown> = Promise.resolve();
  const watch: RequestHandler = (_req, res, next) => {
    closed = once(res, "close");
    next();
  };
  const { app } = createTestApp(
    (router) => router.get("/boats/:id", (_req, res) => void handle(res)),
    { middleware: [watch, ...middleware] },
  );
  await request(app).get(path);
  await closed;
}

const requestEvents = (route: string | undefined, status: number): Events => {
  const event = {
    req: expect.any(IncomingMessage) as object,
    res: expect.any(ServerResponse) as object,
  };
  return [
    ["berth:http.request.start", { ...event, startedAt: number }],
    ["berth:http.request.end", { ...event, ...timed, route, status }],
  ];
};

const headers = { "x-request-id": "r-1", traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };

/** Runs a job. @param interrupt Takes it from its worker meanwhile. */
async function runMail(work: () => Promise<unknown>, interrupt?: Error): Promise<void> {
  const job = { id: "7", attempts: 2, max_attempts: 9, run_at: "2027-01-01T00:00:00Z" };
  const runs = new Set<Run>();
  const handler = handleJob(describeJob({ name: "mail", payload: v.object({}) }), work);
  const db = { query: () => Promise.resolve([]) };
  const ended = runJob(
    { handler, logger, runs, db },
    { payload: {}, origin: headers },
    job as never,
  );
  const [run] = runs;
  if (interrupt) run?.interrupt(interrupt);
  // A job that was interrupted is never reported as ended.
  await (interrupt ? run?.ended : ended.catch(() => undefined));
}

const jobEvents = (end: object): Events => {
  const event = { name: "mail", attempt: 2, headers, startedAt: number };
  return [
    ["berth:job.start", event],
    ["berth:job.end", { ...event, durationMs: number, ...end }],
  ];
};

/** Uses a key with work that ends so. */
const useKey = (key: string | undefined, once: RunOnce<undefined>) => {
  const req = { get: () => key, method: "POST", originalUrl: "/boats", body: {} };
  const res = new ServerResponse(new IncomingMessage(new Socket())) as Response;
  Object.assign(res, { status: () => res, set: () => res, json: () => res });
  return idempotent(once, req as never, res, () => Promise.reject(boom)).catch(() => undefined);
};
const response = { status: 201 };

/** All but those of Redis, which is not on every machine. */
export const CASES: Readonly<Record<string, [work: () => Promise<unknown>, events: Events]>> = {
  "a request, without its path": [
    () => askFor("/boats/1?secret=2", (res) => res.sendStatus(204)),
    requestEvents("/boats/:id", 204),
  ],
  "what is no request": [
    () => Promise.resolve(refusals(logger)("HPE_HEADER_OVERFLOW", new Socket())),
    [["berth:http.refused", { status: 431 }]],
  ],
  "a statement, one that fails, and the pool": [
    async () => {
      const fake = await startFakePostgres();
      fake.respond = (sql) => (sql === "wrong" ? { sqlState: "42601" } : []);
      const limits = { connectTimeoutMs: 60_000, statementTimeoutMs: 60_000, poolSize: 1 };
      const database = createDatabase({ url: `${fake.url}?sslmode=disable`, logger, ...limits });
      await database.query("SELECT $1", ["secret"]);
      await database.query("wrong").catch(() => undefined);
      await database.close();
      await fake.close();
    },
    [
      ["berth:postgres.pool.created", { stats: expect.any(Function) as object }],
      ["berth:postgres.pool.wait", { durationMs: number, isServed: true }],
      ["berth:postgres.statement.end", { text: "SELECT $1", ...timed }],
      [
        "berth:postgres.statement.end",
        { text: "wrong", ...timed, err: expect.objectContaining({ code: "42601" }) as object },
      ],
    ],
  ],
  "a caller that got no connection": [
    async () => {
      const connect = () => new Promise<never>(() => undefined);
      const pool = createConnectionPool({ size: 1, waitMs: 1, connect, onIdleError: jest.fn() });
      await Promise.resolve(pool.acquire()).catch(() => undefined);
    },
    [
      ["berth:postgres.pool.created", { stats: expect.any(Function) as object }],
      ["berth:postgres.pool.wait", { durationMs: number, isServed: false }],
    ],
  ],
  "attempts of a call, without the query, and the circuit breaker of its service": [
    async () => {
      let count = 0;
      const { url } = await startService((_req, res) => {
        res.writeHead(count++ ? 200 : 503, { "Content-Type": "application/json" }).end("{}");
      });
      const call = { method: "GET", path: "/ships?secret=2", response: v.object({}) } as const;
      await attach(url).client.call(call);
    },
    [1, 2].reduce<Events>(
      (events, attempt) => {
        const url = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/ships$/) as string;
        const event = {
          service: "stock",
          method: "GET",
          url,
          attempt,
          headers: {},
          startedAt: number,
        };
        const err =
          attempt === 1 ? (expect.objectContaining({ failure: "problem" }) as object) : undefined;
        return [
          ...events,
          ["berth:client.attempt.start", event],
          ["berth:client.attempt.end", { ...event, durationMs: number, err }],
        ];
      },
      [["berth:circuit", { service: "stock", isOpen: false }]],
    ),
  ],
  "a circuit breaker that is created, opens and closes": [
    () => {
      let nowMs = 0;
      const circuit = createCircuitBreaker("stock", logger, () => nowMs);
      const report = (outcome: "success" | "failure") => {
        const permit = circuit.tryAcquire();
        if (typeof permit === "function") permit(outcome);
      };
      for (let i = 0; i < 5; i++) report("failure");
      nowMs = 250;
      report("success");
      return Promise.resolve();
    },
    [false, true, false].map((isOpen) => ["berth:circuit", { service: "stock", isOpen }]),
  ],
  "a rate limit that refuses a request": [
    async () => {
      const limit = rateLimit({ perMinute: 1, name: "test" });
      await askFor("/boats/1", (res) => res.end(), [limit, limit]);
    },
    [["berth:rate-limit", { result: "refused" }]],
  ],
  "a rate limit that cannot count": [
    async () => {
      const redis = { send: () => Promise.reject(boom) };
      const limit = rateLimit({ perMinute: 1, name: "test", redis });
      await askFor("/boats/1", (res) => res.end(), [limit]);
    },
    [["berth:rate-limit", { result: "not counted" }]],
  ],
  "a key that is new, used again, and one whose work fails; none without a key": [
    async () => {
      await useKey("k-1", () => Promise.resolve({ response, isRepeated: false }));
      await useKey("k-1", () => Promise.resolve({ response, isRepeated: true }));
      await useKey("k-1", () => Promise.reject(boom));
      await useKey(undefined, () => Promise.resolve({ response, isRepeated: false }));
    },
    ["first", "repeated", "failed"].map((result) => ["berth:idempotency", { result }]),
  ],
  "a job that is done": [() => runMail(() => Promise.resolve()), jobEvents({ result: "done" })],
  "a job that fails": [
    () => runMail(() => Promise.reject(boom)),
    jobEvents({ result: "failed", err: boom }),
  ],
  "a job that is interrupted": [
    () => runMail(() => new Promise((_resolve, reject) => setImmediate(reject, new Error())), boom),
    jobEvents({ result: "interrupted", err: boom }),
  ],
  "the drain of a process": [
    async () => {
      const events = new EventEmitter();
      const process = events as NodeJS.Process;
      const limits = { drainDelayMs: 0, shutdownTimeoutMs: 5000 };
      const ended = createLifecycle({ process, logger, ...limits }).run([], {});
      setImmediate(() => events.emit("SIGTERM", "SIGTERM"));
      await ended;
    },
    [["berth:process.drain", {}]],
  ],
};
