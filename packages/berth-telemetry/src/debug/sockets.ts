// The open sockets of this process, by peer.
import { Server, Socket } from "node:net";

/** Open sockets of one kind. */
export interface SocketGroup {
  /** Who has connected to a port of this process, or what this process has connected to. */
  kind: "incoming" | "outgoing";
  /** An address; with its port, if the peer is what was connected to. */
  peer: string;
  /** The port of this process that the peer has connected to. */
  port?: number;
  count: number;
}

/** The most groups: a public service may have as many peers as connections. */
const MAX_GROUPS = 50;

/** Lists the sockets in groups, the largest first. */
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
 * Deprecated, but only Node itself knows every socket, whoever has opened it, and asking it costs nothing until then.
 * @see https://nodejs.org/api/deprecations.html#dep0161
 */
const activeHandles = (): readonly unknown[] =>
  (process as { _getActiveHandles?: () => unknown[] })._getActiveHandles?.() ?? [];
