// The state of this process as plain data: memory, event loop, requests, connections and active resources.
import { getHeapStatistics } from "node:v8";
import {
  poolCreated,
  type PoolEvent,
  requestEnd,
  type RequestEvent,
  requestStart,
  rpcEnd,
} from "berth/channels";
import { knownMethod } from "../http-methods";
import type { Subscriptions } from "../subscriptions";
import { createLastMinute, type Durations } from "./last-minute";
import { openSockets, type SocketGroup } from "./sockets";

/** The state of a process. */
export interface ProcessState {
  pid: number;
  uptimeSeconds: number;
  /** `heapLimit`: the size at which V8 aborts the process; `available`: free memory of the machine or container. */
  memoryBytes: Record<
    "rss" | "heapUsed" | "heapTotal" | "heapLimit" | "external" | "arrayBuffers" | "available",
    number
  >;
  /** How late timers fired in the last minute. */
  eventLoopDelay: Durations;
  requestsInFlight: { count: number; oldestMs: number };
  /** The last minute's routes, by pattern, and gRPC methods; the highest p99 first. */
  slowestRoutes: (Durations & { route: string })[];
  /** How many resources of each type keep the event loop alive, such as `Timeout` and `TCPSocketWrap`. */
  activeResources: Record<string, number>;
  /** The groups of open sockets, the largest first. */
  sockets: SocketGroup[];
  /** The database connection pools. */
  pools: { size: number; used: number; idle: number; waiting: number }[];
}

/** The maximum number of routes listed. */
const MAX_ROUTES = 20;
/** The interval at which event loop delay is measured, in milliseconds. */
const TICK_MS = 20;

/** Watches this process from now on. @returns A function that reads its state, and one that stops watching. */
export function watchProcess({ on }: Pick<Subscriptions, "on">) {
  const routes = new Map<string, ReturnType<typeof createLastMinute>>();
  const inFlight = new Set<RequestEvent>();
  const pools = new Set<PoolEvent>();
  const delays = createLastMinute();
  let due = performance.now() + TICK_MS;
  const ticks = setInterval(() => {
    delays.add(Math.max(0, performance.now() - due));
    due = performance.now() + TICK_MS;
  }, TICK_MS);
  // The timer must not keep the process alive.
  ticks.unref();

  const add = (route: string, ms: number): void => {
    if (!routes.has(route)) routes.set(route, createLastMinute());
    routes.get(route)?.add(ms);
  };
  on(requestStart, (event) => void inFlight.add(event));
  on(requestEnd, (event) => {
    inFlight.delete(event);
    const { req, route = "(no route)", durationMs } = event;
    // A capture takes as long as its client asked for, so it says nothing about the service.
    if (!route.startsWith("/debug/")) add(`${knownMethod(req.method)} ${route}`, durationMs);
  });
  on(rpcEnd, ({ method, durationMs }) => add(method, durationMs));
  on(poolCreated, (pool) => void pools.add(pool));

  const read = (): ProcessState => {
    const now = performance.now();
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    const heapLimit = getHeapStatistics().heap_size_limit;
    const available = process.availableMemory();
    const ages = [...inFlight].map(({ startedAt }) => Math.round(now - startedAt));
    return {
      pid: process.pid,
      uptimeSeconds: Math.round(process.uptime()),
      memoryBytes: { rss, heapUsed, heapTotal, heapLimit, external, arrayBuffers, available },
      eventLoopDelay: delays.read(),
      requestsInFlight: { count: ages.length, oldestMs: ages.reduce((a, b) => Math.max(a, b), 0) },
      slowestRoutes: [...routes]
        .map(([route, durations]) => ({ route, ...durations.read() }))
        .filter(({ count }) => count > 0)
        .sort((a, b) => b.p99Ms - a.p99Ms || b.maxMs - a.maxMs)
        .slice(0, MAX_ROUTES),
      activeResources: countEach(process.getActiveResourcesInfo()),
      sockets: openSockets(),
      pools: [...pools].flatMap((pool) => {
        const stats = pool.stats();
        if (!stats) pools.delete(pool);
        return stats ? [poolState(stats)] : [];
      }),
    };
  };
  return { read, end: () => clearInterval(ticks) };
}

const poolState = ({ size, open, idle, waiting }: NonNullable<ReturnType<PoolEvent["stats"]>>) => ({
  size,
  used: open - idle,
  idle,
  waiting,
});

function countEach(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
