// Binds a server to its port, and turns what can go wrong into an error that names its cure.
import { fstatSync, readFileSync } from "node:fs";
import type { AddressInfo, ListenOptions, Server } from "node:net";

/** Where to bind: an address and port, or a listening socket that systemd has passed. */
export type BindTarget = { host: string; port: number; reusePort?: boolean } | { fd: number };

/** A port that could not be bound; its message names the cure. */
export class BindError extends Error {
  override readonly name = "BindError";
}

/** Where a server listens; a Unix socket has its path as address, and 0 as port. */
export type BoundAddress = Pick<AddressInfo, "address" | "port">;

/** Every address, IPv6 and IPv4. */
export const DUAL_STACK = "::";

/**
 * Starts listening, and resolves with the actual address only once the socket accepts connections.
 * A dual-stack host falls back to `0.0.0.0` on a machine without IPv6.
 * @throws BindError when the target cannot be bound.
 */
export async function bind(server: Server, target: BindTarget): Promise<BoundAddress> {
  if ("reusePort" in target && target.reusePort) requireReusePort(process.versions.node);
  try {
    return await listen(server, target);
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    const lacksIpv6 = code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL";
    if ("host" in target && target.host === DUAL_STACK && lacksIpv6) {
      return bind(server, { ...target, host: "0.0.0.0" });
    }
    throw new BindError(explain(err as NodeJS.ErrnoException, target), { cause: err });
  }
}

/**
 * Checks that this Node can share a port among processes, because older ones ignore the wish silently.
 * @param version As in `process.versions.node`.
 * @throws BindError below Node 22.12.
 * @see https://nodejs.org/api/net.html#serverlistenoptions-callback
 */
export function requireReusePort(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) return;
  throw new BindError(
    `Sharing a port needs Node 22.12 or later, this is ${version}: upgrade Node, or give each process its own port.`,
  );
}

async function listen(server: Server, target: BindTarget): Promise<BoundAddress> {
  await new Promise<void>((resolve, reject) => {
    // First of all who listen to it: others may throw, as a WebSocket server does.
    server.prependOnceListener("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    server.listen(target as ListenOptions);
  });
  return (server.address() as AddressInfo | null) ?? { address: findPath(server), port: 0 };
}

/** The path of a Unix socket that was passed, which Node does not tell. */
function findPath(server: Server): string {
  const { _handle: handle } = server as unknown as { _handle: { fd: number } };
  try {
    // Without `bigint`, `require` no longer follows symbolic links: https://github.com/nodejs/node/issues/51142.
    const inode = String(fstatSync(handle.fd, { bigint: true }).ino);
    const sockets = readFileSync("/proc/net/unix", "utf8").split("\n");
    // The inode is the seventh of its fields, the path the last; it may have spaces.
    const path = sockets.map((of) => /^(?:\S+\s+){6}(\d+) (.+)$/.exec(of));
    return path.find((of) => of?.[1] === inode)?.[2] ?? UNIX_SOCKET;
  } catch {
    return UNIX_SOCKET;
  }
}

const UNIX_SOCKET = "a Unix socket";

/** What the log says of an address, in its fields and its text. */
export const logOf = ({ address, port }: BoundAddress) =>
  port === 0
    ? { fields: { address }, text: `is listening on ${address}` }
    : { fields: { address, port }, text: `is listening on port ${port}` };

function explain(err: NodeJS.ErrnoException, target: BindTarget): string {
  if ("fd" in target) {
    return `File descriptor ${target.fd} is no listening socket (${err.code}): start the service through systemd socket activation, or unset LISTEN_FDS.`;
  }
  const { host, port } = target;
  switch (err.code) {
    case "EADDRINUSE":
      return `Port ${port} is taken: stop the process that listens there, or choose another with PORT.${airPlay(port)}`;
    case "EACCES":
      return `Port ${port} needs more rights than this process has: choose a PORT of 1024 or above.`;
    case "EADDRNOTAVAIL":
      return `HOST ${host} is not an address of this machine: unset HOST to bind every address.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `HOST ${host} cannot be resolved: use an address of this machine, or unset HOST to bind every address.`;
    default:
      return `Port ${port} on HOST ${host} cannot be bound: ${err.message}`;
  }
}

const airPlay = (port: number): string =>
  process.platform === "darwin" && port === 5000
    ? " On macOS that is often AirPlay Receiver, to be switched off in System Settings."
    : "";
