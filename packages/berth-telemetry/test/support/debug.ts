// Asks a running process for what is inside it.
import { TOKEN } from "./observed";
import { startService } from "./server";
import type { TestServer } from "berth/testing";

export const DEBUG_TOKEN = "debug-token-0123456789";

/** Starts the service of the tests so that it can be inspected. */
export const startDebugged = (env: Record<string, string> = {}): Promise<TestServer> =>
  startService({ DEBUG_TOKEN, METRICS_TOKEN: TOKEN, ...env });

/** Asks for a path below /debug. */
export const ask = (url: string, path: string, { token = DEBUG_TOKEN } = {}): Promise<Response> =>
  fetch(`${url}/debug/${path}`, {
    headers: { Authorization: `Bearer ${token}`, Connection: "close" },
  });

interface Durations {
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface State {
  name: string;
  processes: {
    worker?: number;
    pid: number;
    uptimeSeconds: number;
    memoryBytes: Record<string, number>;
    eventLoopDelay: Durations;
    requestsInFlight: { count: number; oldestMs: number };
    slowestRoutes: (Durations & { route: string })[];
    activeResources: Record<string, number>;
    sockets: { kind: string; peer: string; port?: number; count: number }[];
    pools: object[];
  }[];
  missing: number[];
}

/** The state of a process, or of each worker. */
export async function stateOf(url: string, query = ""): Promise<State> {
  const res = await ask(url, `state${query}`);
  if (res.status !== 200) throw new Error(`${res.status} ${await res.text()}`);
  return (await res.json()) as State;
}

/** A .cpuprofile. */
export interface CpuProfile {
  nodes: { hitCount?: number; callFrame: { functionName: string; url: string } }[];
  startTime: number;
  endTime: number;
  samples: number[];
}

/** What is logged when a profile begins. */
export const PROFILING = /taking a cpu-profile/;

/** The CPU profile of a response. */
export async function profileOf(res: Response): Promise<CpuProfile> {
  const name = res.headers.get("content-disposition");
  if (res.status !== 200 || !/^attachment; filename="[\w-]+\.cpuprofile"$/.test(name ?? "")) {
    throw new Error(`${res.status} ${name} ${await res.text()}`);
  }
  return (await res.json()) as CpuProfile;
}

/** How many samples were within a function. */
export const hits = ({ nodes }: CpuProfile, name: string): number =>
  nodes
    .filter(({ callFrame }) => callFrame.functionName === name)
    .reduce((sum, { hitCount = 0 }) => sum + hitCount, 0);

/** A function in a .heapprofile, and those that it has called. */
export interface HeapNode {
  callFrame: { url: string };
  selfSize: number;
  children: HeapNode[];
}

/** How many bytes the functions of a file have allocated; an inlined function is part of its caller. */
export const allocated = (node: HeapNode, file: string): number =>
  node.children.reduce(
    (sum, child) => sum + allocated(child, file),
    node.callFrame.url.endsWith(file) ? node.selfSize : 0,
  );

/** A .heapsnapshot, as DevTools read it. */
interface HeapSnapshot {
  snapshot: { node_count: number; meta: { node_fields: string[]; node_types: [string[]] } };
  nodes: number[];
  strings: string[];
}

/** How many objects of a class a heap has. */
export function objectsOf(text: string, className: string): number {
  const { snapshot, nodes, strings } = JSON.parse(text) as HeapSnapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  if (nodes.length !== snapshot.node_count * fields.length) throw new Error("nodes are missing");
  const [type, name] = [fields.indexOf("type"), fields.indexOf("name")];
  const object = types[0].indexOf("object");
  let count = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (nodes[at + type] === object && strings[nodes[at + name]!] === className) count += 1;
  }
  return count;
}
