// The open sockets of this process, by peer.
import { Server, Socket } from "node:net";

/** Open sockets of one kind. */
export interface SocketGroup {
  /** Whether the peer connected to this process, or this process to the peer. */
  kind: "incoming" | "outgoing";
  /** The peer's address; with its port, if `outgoing`. */
  peer: string;
  /** The port of this process, if `incoming`. */
  port?: number;
  count: number;
}

/** The maximum number of groups: a public service may have as many peers as connections. */
const MAX_GROUPS = 50;

/** Lists the groups of open sockets, the largest first. */
export function openSockets(): SocketGroup[] {
  const handles = activeHandles();
  const listening = new Set(
    handles.map((handle) => handle instanceof Server && portOf(handle)).filter(Number),
  );
  const groups = new Map<string, SocketGroup>();
  for (const socket of handles) {
    if (!(socket instanceof Socket) || socket.remoteAddress === undefined) continue;
    const { remoteAddress, remotePort, localPort: port } = socket;
    const group: SocketGroup =
      port !== undefined && listening.has(port)
        ? { kind: "incoming", peer: remoteAddress, port, count: 0 }
        : { kind: "outgoing", peer: `${remoteAddress}:${remotePort}`, count: 0 };
    const key = JSON.stringify(group);
    if (!groups.has(key)) groups.set(key, group);
    groups.get(key)!.count += 1;
  }
  return [...groups.values()].sort((a, b) => b.count - a.count).slice(0, MAX_GROUPS);
}

const portOf = (server: Server): number | undefined => {
  const address = server.address();
  return typeof address === "object" ? address?.port : undefined;
};

/**
 * Deprecated, but nothing else lists every socket of the process, and it costs nothing until it is called.
 * @see https://nodejs.org/api/deprecations.html#dep0161
 */
const activeHandles = (): readonly unknown[] =>
  (process as { _getActiveHandles?: () => unknown[] })._getActiveHandles?.() ?? [];
