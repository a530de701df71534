// The workloads.
import type { Front } from "./front";

/** A variant of a workload: the contender's environment, and how it is run. */
export interface Variant {
  label: string;
  env: Readonly<Record<string, string>>;
  /** The number of processes to start, each on its own port. Default: 1. */
  instances?: number;
  /** A router in front of it. */
  front?: Front;
}

/** A workload: one kind of request, and how it is sent. */
export interface Workload {
  name: string;
  method: "GET" | "POST";
  path: string;
  /** JSON. */
  body?: string;
  /** The status that every response must have. */
  status: number;
  /** The number of concurrent connections. */
  connections: number;
  /** The rate of all connections together, with pauses. Default: each sends as soon as it has its response. */
  requestsPerSecond?: number;
  /** Environment variables of the contenders. */
  env?: Readonly<Record<string, string>>;
  /** Each contender is measured in each variant; the first variant is the baseline of the others. */
  variants?: readonly Variant[];
  /** The contenders that support it. Default: all. */
  contenders?: readonly string[];
  /**
   * Whether variants of one program are compared, each on all cores, shared with the load generator: on a single core,
   * several processes are no faster than one.
   */
  onAllCores?: true;
  /** Whether it needs the ships database. */
  needsDatabase?: true;
  /** Whether it needs a token issuer. */
  needsIssuer?: true;
  /** Additional request headers. */
  headers?: Readonly<Record<string, string>>;
}

const CONNECTIONS = 50;
/**
 * At full speed, the latency only reflects the length of each server's queue. With pauses, every server gets the same
 * number of requests per second, so that their p99 can be compared.
 */
const PACED_CONNECTIONS = 100;

const get = (name: string, path: string, more: Partial<Workload> = {}): Workload => ({
  name,
  method: "GET",
  path,
  status: 200,
  connections: CONNECTIONS,
  ...more,
});

const post = (name: string, path: string, body: unknown, more: Partial<Workload> = {}): Workload =>
  get(name, path, { method: "POST", body: JSON.stringify(body), status: 201, ...more });

/** About 1 KB of JSON. */
const ORDER = {
  customer: { name: "Ada Lovelace", email: "ada@example.com" },
  items: Array.from({ length: 10 }, (_, i) => ({
    sku: `A-${i}`,
    name: `A thing that is sold under number ${i}`,
    quantity: i + 1,
    priceCents: 1999 + i,
  })),
  note: "Please leave it with the harbour master.",
};

const manyRoutes = (count: number): Variant => ({
  label: `${count} routes`,
  env: { BENCH_ROUTES: String(count) },
});

/** Features of ten routes each; the last variant has a thousand routes in one router. */
const ROUTES: readonly Variant[] = [
  ...[10, 100, 1000].map(manyRoutes),
  { label: "1000 flat", env: { BENCH_ROUTES: "1000", BENCH_FLAT: "yes" } },
];

/** The cost of work contexts, by which log lines and outgoing calls know their request. */
const CONTEXTS: readonly Variant[] = [
  { label: "no contexts", env: {} },
  { label: "contexts", env: { BENCH_CONTEXTS: "yes" } },
];

/** The cost of described routes, of the OpenAPI document, and of tokens. */
const API: Partial<Workload> = {
  contenders: ["berth"],
  variants: [
    { label: "plain", env: {} },
    { label: "described", env: { BENCH_API: "described" } },
    { label: "documented", env: { BENCH_API: "described,documented" } },
    { label: "with a token", env: { BENCH_API: "described,documented,token" } },
  ],
  needsIssuer: true,
};

/** One process, two that share a port, and two with their own ports. */
const PROCESSES: readonly Variant[] = [
  { label: "1 process", env: {} },
  { label: "2 workers", env: { WEB_CONCURRENCY: "2" } },
  { label: "2 instances", env: {}, instances: 2 },
];

const ROUTERS: readonly Variant[] = [
  { label: "no router", env: {} },
  { label: "--router", env: {}, front: "router" },
  { label: "nginx", env: {}, front: "nginx" },
];

const berthOnAllCores = (variants: readonly Variant[]): Partial<Workload> => ({
  contenders: ["berth"],
  variants,
  onAllCores: true,
});

const withConnections = (connections: number): Workload =>
  get(`connections-${connections}`, "/json", { connections });

/** Fastify uses Berth's pool; the other contenders have no ships. */
const SHIPS: Partial<Workload> = { contenders: ["fastify", "berth"], needsDatabase: true };

/** All workloads, in the order in which they are measured. */
export function createWorkloads(requestsPerSecond: number): Workload[] {
  const connections = PACED_CONNECTIONS;
  return [
    get("json", "/json"),
    get("things", "/things/42?x=7"),
    post("orders", "/orders", ORDER),
    get("missing", "/nothing/here", { status: 404 }),
    get("large", "/large"),
    get("ships-list", "/ships?limit=10", SHIPS),
    get("ships-read", "/ships/1", SHIPS),
    post("ships-create", "/ships", { name: "Moor", cargo: "Two lines ahead." }, SHIPS),
    get("paced", "/json", { connections, requestsPerSecond }),
    get("routes", "/json", { variants: ROUTES }),
    ...[10, 500, 5000].map(withConnections),
    get("api-get", "/things/42?x=7", API),
    post("api-post", "/orders", ORDER, API),
    get("context", "/json", { contenders: ["berth"], variants: CONTEXTS }),
    get("processes", "/json", berthOnAllCores(PROCESSES)),
    get("router", "/json", berthOnAllCores(ROUTERS)),
  ];
}
