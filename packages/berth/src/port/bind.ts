// Binds a server to its port, or to a socket that systemd has passed; errors name their cure.
import { fstatSync, readFileSync } from "node:fs";
import type { AddressInfo, ListenOptions, Server } from "node:net";

/** Where to listen: an address and port, or a listening socket that systemd has passed. */
export type BindTarget = { host: string; port: number; reusePort?: boolean } | { fd: number };

/** The port could not be bound; the message names the cure. */
export class BindError extends Error {
  override readonly name = "BindError";
}

/** Where a server listens; a Unix socket has its path as the address, and port 0. */
export type BoundAddress = Pick<AddressInfo, "address" | "port">;

/** Every address, IPv6 and IPv4. */
export const DUAL_STACK = "::";

/**
 * Starts listening; resolves with the actual address once the socket accepts connections.
 * `::` falls back to `0.0.0.0` on a machine without IPv6.
 * @throws BindError if the target cannot be bound.
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
 * Checks that this Node supports `reusePort`, because older ones ignore it silently.
 * @param version As in `process.versions.node`.
 * @throws BindError below Node 22.12.
 * @see https://nodejs.org/api/net.html#serverlistenoptions-callback
 */
export function requireReusePort(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) return;
  throw new BindError(
    `Sharing a port requires Node 22.12 or later, this is ${version}: upgrade Node, or give each process its own port.`,
  );
}

async function listen(server: Server, target: BindTarget): Promise<BoundAddress> {
  await new Promise<void>((resolve, reject) => {
    // Runs before other listeners, which may throw, as a WebSocket server's does.
    server.prependOnceListener("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    server.listen(target as ListenOptions);
  });
  return (server.address() as AddressInfo | null) ?? { address: findPath(server), port: 0 };
}

/** The path of a passed Unix socket, which Node does not report. */
function findPath(server: Server): string {
  const { _handle: handle } = server as unknown as { _handle: { fd: number } };
  try {
    // Without `bigint`, `require` no longer follows symbolic links: https://github.com/nodejs/node/issues/51142.
    const inode = String(fstatSync(handle.fd, { bigint: true }).ino);
    const sockets = readFileSync("/proc/net/unix", "utf8").split("\n");
    // The inode is the seventh field, the path the last one; it may contain spaces.
    const paths = sockets.map((line) => /^(?:\S+\s+){6}(\d+) (.+)$/.exec(line));
    return paths.find((match) => match?.[1] === inode)?.[2] ?? UNIX_SOCKET;
  } catch {
    return UNIX_SOCKET;
  }
}

const UNIX_SOCKET = "a Unix socket";

/** The fields and the text of the log line for an address. */
export const describeAddress = ({ address, port }: BoundAddress) =>
  port === 0
    ? { fields: { address }, text: `is listening on ${address}` }
    : { fields: { address, port }, text: `is listening on port ${port}` };

function explain(err: NodeJS.ErrnoException, target: BindTarget): string {
  if ("fd" in target) {
    return `File descriptor ${target.fd} is not a listening socket (${err.code}): start the service through systemd socket activation, or unset LISTEN_FDS.`;
  }
  const { host, port } = target;
  switch (err.code) {
    case "EADDRINUSE":
      return `Port ${port} is already in use: stop the process that listens on it, or choose another PORT.${airPlayHint(port)}`;
    case "EACCES":
      return `Port ${port} requires more privileges than this process has: choose a PORT of 1024 or above.`;
    case "EADDRNOTAVAIL":
      return `HOST ${host} is not an address of this machine: unset HOST to bind every address.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `HOST ${host} cannot be resolved: use an address of this machine, or unset HOST to bind every address.`;
    default:
      return `Port ${port} on HOST ${host} cannot be bound: ${err.message}`;
  }
}

const airPlayHint = (port: number): string =>
  process.platform === "darwin" && port === 5000
    ? " On macOS this is often AirPlay Receiver, which can be switched off in System Settings."
    : "";

const FIRST_PASSED_FD = 3;

/**
 * Returns the file descriptor of a socket that systemd has passed to this process, or undefined without one.
 * `LISTEN_PID` must be this process, because children inherit the variables.
 * @throws BindError if several sockets are passed.
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 */
export function readPassedSocket(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  if (env.LISTEN_FDS === undefined || env.LISTEN_PID !== String(pid)) return undefined;
  if (env.LISTEN_FDS === "1") return FIRST_PASSED_FD;
  throw new BindError(
    `Expected one passed socket, got LISTEN_FDS=${env.LISTEN_FDS}: declare one ListenStream in the systemd unit.`,
  );
}

/**
 * Where a process should listen: on the socket that systemd has passed, or otherwise at the configured port.
 * @throws BindError as `readPassedSocket` does.
 */
export function readBindTarget(
  config: Readonly<{ HOST: string; PORT: number; REUSE_PORT: boolean }>,
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): BindTarget {
  const fd = readPassedSocket(env, pid);
  if (fd !== undefined) return { fd };
  return { host: config.HOST, port: config.PORT, reusePort: config.REUSE_PORT };
}
