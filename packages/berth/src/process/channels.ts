// What happens in a process, published on node:diagnostics_channel; with nobody listening, each costs one check.
import { channel } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";

/** A channel of node:diagnostics_channel, with the type of its messages. */
export interface EventChannel<Event extends object> {
  readonly name: string | symbol;
  /** To be checked first: then an event costs nothing while nobody listens. */
  readonly hasSubscribers: boolean;
  /** An error that a listener throws ends the process, as Node has it. */
  publish(event: Event): void;
  subscribe(listener: (event: Event) => void): void;
  unsubscribe(listener: (event: Event) => void): boolean;
}

const open = <Event extends object>(name: string): EventChannel<Event> =>
  channel(name) as unknown as EventChannel<Event>;

/** Work that a listener may surround: what it sets is called with the rest of the work, and must call that. */
export interface Surrounded {
  around?: <T>(work: () => T) => T;
}

/** How long something took, on the clock of `performance.now`. */
export interface Timed {
  startedAt: number;
  durationMs: number;
}

/** A request, from its head to the close of its response. */
export interface RequestEvent extends Surrounded {
  req: IncomingMessage;
  res: ServerResponse;
  startedAt: number;
}

/** A request whose response has been sent, or whose client has disconnected. */
export interface RequestEndEvent extends RequestEvent, Timed {
  /** The pattern of its route, never its path; undefined if no route has matched. */
  route: string | undefined;
  /** The status that was sent; 499 if the client left before. */
  status: number;
}

export const requestStart = open<RequestEvent>("berth:http.request.start");
export const requestEnd = open<RequestEndEvent>("berth:http.request.end");

/** Input that is not an HTTP request, and was refused. */
export const requestRefused = open<{ status: number }>("berth:http.refused");

/** A gRPC call of a method that exists. */
export interface RpcEvent extends Surrounded {
  /** The path of the method, such as `/notes.v1.Notes/GetNote`. */
  method: string;
  /** The trace headers of the client, which a listener may replace. */
  headers: Record<string, string>;
  startedAt: number;
}

/** A gRPC call that is over. */
export interface RpcEndEvent extends RpcEvent, Timed {
  /** The name of its status, such as `OK`. */
  code: string;
}

export const rpcStart = open<RpcEvent>("berth:grpc.call.start");
export const rpcEnd = open<RpcEndEvent>("berth:grpc.call.end");

/** An SQL statement that has ended. */
export interface StatementEvent extends Timed {
  /** Its text, without the values of its parameters. */
  text: string;
  err?: unknown;
}

export const statementEnd = open<StatementEvent>("berth:postgres.statement.end");

/** A connection pool, and what it counts. */
export interface PoolEvent {
  /** Its state now; undefined once it is closed. */
  stats(): { size: number; open: number; idle: number; waiting: number } | undefined;
}

export const poolCreated = open<PoolEvent>("berth:postgres.pool.created");

/** A caller had to wait for a connection. */
export interface PoolWaitEvent {
  durationMs: number;
  /** Whether it got one. */
  isServed: boolean;
}

export const poolWait = open<PoolWaitEvent>("berth:postgres.pool.wait");

/** A Redis command that has ended. */
export interface CommandEvent extends Timed {
  /** Its name, without its arguments. */
  command: string;
  err?: unknown;
}

export const commandEnd = open<CommandEvent>("berth:redis.command.end");

/** One attempt of a call to another service. */
export interface AttemptEvent {
  service: string;
  method: string;
  /** Without its query. */
  url: string;
  /** From 1: the others are retries. */
  attempt: number;
  /** Empty at the start: what a listener adds is sent. */
  headers: Record<string, string>;
  startedAt: number;
}

/** An attempt that has ended. */
export interface AttemptEndEvent extends AttemptEvent, Timed {
  err?: unknown;
}

export const attemptStart = open<AttemptEvent>("berth:client.attempt.start");
export const attemptEnd = open<AttemptEndEvent>("berth:client.attempt.end");

/** A circuit breaker was created, has opened or closed. */
export interface CircuitEvent {
  service: string;
  isOpen: boolean;
}

export const circuitChange = open<CircuitEvent>("berth:circuit");

/** A rate limit has refused a request, or let it pass because Redis did not count it. */
export interface RateLimitEvent {
  result: "refused" | "not counted";
}

export const rateLimited = open<RateLimitEvent>("berth:rate-limit");

/** A request with an `Idempotency-Key` has been dealt with. */
export interface IdempotencyEvent {
  result: "first" | "repeated" | "failed";
}

export const idempotencyUsed = open<IdempotencyEvent>("berth:idempotency");

/** A run of a job. */
export interface JobEvent extends Surrounded {
  name: string;
  attempt: number;
  /** The headers of the request that enqueued it, such as `traceparent`, which a listener may replace. */
  headers: Record<string, string>;
  startedAt: number;
}

/** A run that has ended. */
export interface JobEndEvent extends JobEvent, Timed {
  result: "done" | "failed" | "interrupted";
  err?: unknown;
}

export const jobStart = open<JobEvent>("berth:job.start");
export const jobEnd = open<JobEndEvent>("berth:job.end");

/** The process begins to drain. */
export const drainStart = open<object>("berth:process.drain");
