// Requests that are in flight when the signal comes: slow ones, and one whose body has been sent by half.
import { setTimeout as pause } from "node:timers/promises";
import { CannotJudge } from "./clause";
import type { Service } from "./come-up";
import { answerLimitMs } from "./context";
import { type Connection, connect } from "./harness/connection";
import { headOf, readResponse } from "./harness/http";
import type { Response } from "./harness/http-response";
import { within } from "./harness/wait";
import type { Settings } from "./settings";

/** One request that the service has begun to handle. */
export interface InFlight {
  /** `GET /slow`, for the report. */
  readonly name: string;
  readonly connection: Connection;
  /** Sends what is missing and resolves to the whole response. @throws NoResponse when it never comes */
  readonly finish: () => Promise<Response>;
}

/** Why a clause is skipped when nothing can be kept in flight. */
export const nothingToHold = "needs --slow-path or --body-path to keep a request in flight";

const slowRequests = 3;
// Nothing tells a client that a handler, of a request or of a signal, has begun; an idle server needs a fraction.
const arrivalMs = 250;
const isAnswer = /^HTTP\/1\.\d [2-5]/;

/** Whether the settings name an endpoint that can be kept busy. */
export function canHold({ slowPath, bodyPath }: Settings): boolean {
  return Boolean(slowPath ?? bodyPath);
}

/**
 * Opens every request that the settings allow, each on its own connection.
 *
 * @throws CannotJudge when they allow none
 */
export async function holdRequests(settings: Settings, service: Service): Promise<InFlight[]> {
  const { slowPath, bodyPath } = settings;
  if (!slowPath && !bodyPath) throw new CannotJudge(nothingToHold);
  const limitMs = settings.platform.graceSeconds * 1000 + answerLimitMs;
  const slow = Array.from({ length: slowPath ? slowRequests : 0 }, () =>
    holdSlow(service, slowPath ?? "", limitMs),
  );
  const half = bodyPath ? [holdHalfSent(service, bodyPath, settings.body, limitMs)] : [];
  const held = await Promise.all([...slow, ...half]);
  await pause(arrivalMs);
  return held;
}

/**
 * Sends SIGTERM and gives the service the time to begin its drain, before anything else is sent.
 *
 * @throws CannotJudge when a request has been answered already
 */
export async function terminate(service: Service, held: readonly InFlight[]): Promise<void> {
  const early = held.find(({ connection }) => isAnswer.test(connection.received()));
  if (early) throw new CannotJudge(`${early.name} was answered before SIGTERM: not slow enough`);
  service.signal("SIGTERM", "group");
  await pause(arrivalMs);
}

async function holdSlow(service: Service, path: string, limitMs: number): Promise<InFlight> {
  const connection = await connect(service);
  connection.socket.write(headOf({ path }));
  const finish = () => readResponse(connection, limitMs);
  return { name: `GET ${path}`, connection, finish };
}

async function holdHalfSent(
  service: Service,
  path: string,
  body: string,
  limitMs: number,
): Promise<InFlight> {
  const connection = await connect(service);
  const headers = { "Content-Type": "application/json", Expect: "100-continue" };
  const half = Math.floor(body.length / 2);
  connection.socket.write(headOf({ method: "POST", path, headers, body }));
  // Most servers announce with 100 that the handler has begun; the rest are given the same time without.
  await within(connection.changed(), arrivalMs);
  connection.socket.write(body.slice(0, half), "latin1");
  const finish = () => {
    connection.socket.write(body.slice(half), "latin1");
    return readResponse(connection, limitMs);
  };
  return { name: `half-sent POST ${path}`, connection, finish };
}
