// The problems that a router can have with a request.
import type { Fault } from "./problems";

/** A client may try again as soon as an instance can be ready. */
const RETRY_SECONDS = "1";

export const noneReady = (type: string): Fault => ({
  status: 503,
  detail: `No process of type ${type} is ready.`,
  headers: { "Retry-After": RETRY_SECONDS },
});

export const brokenOff = (name: string, code: string): Fault => ({
  status: 502,
  detail: `${name} broke off before it answered (${code}); what it has done by then is not known.`,
});

/** Node reads a little more than it sends. */
export const unpassable = (name: string, why: string): Fault => ({
  status: 502,
  detail: `${name} has sent an answer that cannot be passed on: ${why}.`,
});

export const unanswered = (name: string, ms: number): Fault => ({
  status: 504,
  detail: `${name} has not begun to answer within ${ms / 1000} s.`,
});

export const unknownHost = (host: string | undefined, names: readonly string[]): Fault => ({
  status: 404,
  detail: `${host === undefined ? "A request without a host name" : `The host name ${JSON.stringify(host)}`} leads nowhere: use ${names.join(" or ")}.`,
});

export const unsendable = (why: string): Fault => ({
  status: 400,
  detail: `The request cannot be passed on: ${why}.`,
});

/** @see https://www.rfc-editor.org/rfc/rfc9112#section-6.1 */
export const unknownCoding: Fault = {
  status: 501,
  detail: "The request's body has a transfer coding other than chunked.",
};
