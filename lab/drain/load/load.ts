// A steady mixed load of requests, WebSockets and event streams, below the capacity of two cores.
import { readStreams } from "./event-streams";
import type { Ending } from "./lasting";
import { type RequestPlan, type Sent, sendRequests } from "./requests";
import { converse } from "./websockets";

/** The outcomes of everything that was sent. */
export interface Became {
  requests: Sent[];
  sockets: Ending[];
  streams: Ending[];
}

/** About 300 requests per second, with some 800 ms ones always in flight. */
const PLANS: readonly RequestPlan[] = [
  { method: "GET", path: "/quick", clients: 15, pauseMs: 100 },
  { method: "POST", path: "/quick", clients: 15, pauseMs: 100 },
  { method: "GET", path: "/slow", clients: 10, pauseMs: 50 },
  { method: "POST", path: "/slow", clients: 10, pauseMs: 50 },
];
const SOCKETS = 4;
const STREAMS = 4;

/** Starts the load. The returned function lets each client finish its request, and resolves to all outcomes. */
export function startLoad(port: number): () => Promise<Became> {
  const stop = new AbortController();
  const requests = PLANS.map((plan) => sendRequests(port, plan, stop.signal));
  const sockets = converse(port, "/live", SOCKETS, stop.signal);
  const streams = readStreams(port, "/events", STREAMS, stop.signal);
  return async () => {
    stop.abort();
    const sent = (await Promise.all(requests)).flat();
    return { requests: sent, sockets: await sockets, streams: await streams };
  };
}
