// Keeps requests in flight while the program is signalled: slow ones, and one with half of its body sent.
import { setTimeout as pause } from "node:timers/promises";
import { InconclusiveError } from "./clause";
import type { Service } from "./startup";
import { responseLimitMs } from "./context";
import { type Connection, connect } from "./harness/connection";
import { headOf, readResponse } from "./harness/http";
import type { Response } from "./harness/http-response";
import { within } from "./harness/wait";
import type { Settings } from "./settings";

/** A request that the service is handling. */
export interface InFlight {
  /** `GET /slow`, for the report. */
  readonly name: string;
  readonly connection: Connection;
  /** Sends the rest and resolves to the response. @throws NoResponse when it does not arrive completely */
  readonly finish: () => Promise<Response>;
}

/** The reason for a skip if no request can be kept in flight. */
export const needsRequestInFlight = "needs --slow-path or --body-path to keep a request in flight";

const slowRequests = 3;
// A client cannot see when the handler of a request or signal starts. An idle server needs a fraction of this time.
const arrivalMs = 250;
const isFinalResponse = /^HTTP\/1\.\d [2-5]/;

/** Whether the settings name an endpoint that can keep a request in flight. */
export function canHold({ slowPath, bodyPath }: Settings): boolean {
  return Boolean(slowPath ?? bodyPath);
}

/**
 * Sends all the requests that the settings allow, each on its own connection, and leaves them in flight.
 *
 * @throws InconclusiveError when the settings allow none
 */
export async function holdRequests(settings: Settings, service: Service): Promise<InFlight[]> {
  const { slowPath, bodyPath } = settings;
  if (!slowPath && !bodyPath) throw new InconclusiveError(needsRequestInFlight);
  const limitMs = settings.platform.graceSeconds * 1000 + responseLimitMs;
  const slow = Array.from({ length: slowPath ? slowRequests : 0 }, () =>
    holdSlow(service, slowPath ?? "", limitMs),
  );
  const half = bodyPath ? [holdHalfSent(service, bodyPath, settings.body, limitMs)] : [];
  const held = await Promise.all([...slow, ...half]);
  await pause(arrivalMs);
  return held;
}

/**
 * Sends SIGTERM and gives the service time to start its drain.
 *
 * @throws InconclusiveError when a request already has its response
 */
export async function terminate(service: Service, held: readonly InFlight[]): Promise<void> {
  const early = held.find(({ connection }) => isFinalResponse.test(connection.received()));
  if (early)
    throw new InconclusiveError(`${early.name} responded before SIGTERM: it is not slow enough`);
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
  // Most servers send 100 Continue when the handler starts; the others get the same time.
  await within(connection.changed(), arrivalMs);
  connection.socket.write(body.slice(0, half), "latin1");
  const finish = () => {
    connection.socket.write(body.slice(half), "latin1");
    return readResponse(connection, limitMs);
  };
  return { name: `half-sent POST ${path}`, connection, finish };
}
