// What the contenders are given to do.
import type { Front } from "./front";

/** What a contender finds in its environment in one variant of a work, and how it is served. */
export interface Variant {
  label: string;
  env: Readonly<Record<string, string>>;
  /** As how many processes, each with a port of its own, it is started; one by default. */
  instances?: number;
  /** A router between the load and it. */
  front?: Front;
}

/** One kind of request, and the conditions under which it is sent. */
export interface Work {
  name: string;
  method: "GET" | "POST";
  path: string;
  /** JSON. */
  body?: string;
  /** The status that every answer must have. */
  status: number;
  /** How many connections send at once. */
  connections: number;
  /** All connections together, with pauses; without it, each sends as soon as it has its answer. */
  requestsPerSecond?: number;
  /** What the contenders find in their environment. */
  env?: Readonly<Record<string, string>>;
  /** Each contender takes part once in each variant; the first is what its others are compared with. */
  variants?: readonly Variant[];
  /** Who can do it; by default everybody. */
  contenders?: readonly string[];
  /**
   * Whether it is about one program in several set-ups: each may use all cores, and shares them with the load, as several
   * processes cannot be told apart on one.
   */
  onAllCores?: true;
  /** Whether it needs a database with ships. */
  needsDatabase?: true;
  /** Whether it needs an issuer of tokens. */
  needsIssuer?: true;
  /** What each request has besides. */
  headers?: Readonly<Record<string, string>>;
}

const CONNECTIONS = 50;
/**
 * At full speed, a latency is the length of each server's own queue. With pauses, the same connections ask every server
 * for the same number of requests a second, and their p99 can be compared.
 */
const PACED_CONNECTIONS = 100;

const get = (name: string, path: string, more: Partial<Work> = {}): Work => ({
  name,
  method: "GET",
  path,
  status: 200,
  connections: CONNECTIONS,
  ...more,
});

const post = (name: string, path: string, body: unknown, more: Partial<Work> = {}): Work =>
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

/** Features of ten routes each; at last, a thousand in one router. */
const ROUTES: readonly Variant[] = [
  ...[10, 100, 1000].map(manyRoutes),
  { label: "1000 flat", env: { BENCH_ROUTES: "1000", BENCH_FLAT: "yes" } },
];

/** What a service pays whose lines and calls are to say which request they are for. */
const CONTEXTS: readonly Variant[] = [
  { label: "no contexts", env: {} },
  { label: "contexts", env: { BENCH_CONTEXTS: "yes" } },
];

/** What it costs to have a route describe itself, to serve the document, and to let only those pass who have a token. */
const API: Partial<Work> = {
  contenders: ["berth"],
  variants: [
    { label: "plain", env: {} },
    { label: "described", env: { BENCH_API: "described" } },
    { label: "documented", env: { BENCH_API: "described,documented" } },
    { label: "with a token", env: { BENCH_API: "described,documented,token" } },
  ],
  needsIssuer: true,
};

/** As one process, as two that share a port, and as two that each have their own. */
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

const berthOnAllCores = (variants: readonly Variant[]): Partial<Work> => ({
  contenders: ["berth"],
  variants,
  onAllCores: true,
});

const withConnections = (connections: number): Work =>
  get(`connections-${connections}`, "/json", { connections });

/** Fastify uses Berth's pool; the others have no ships. */
const SHIPS: Partial<Work> = { contenders: ["fastify", "berth"], needsDatabase: true };

/** Every work, in the order in which they are done. */
export function createWorks(requestsPerSecond: number): Work[] {
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
