// Lists the TCP ports and Unix sockets that processes listen on: from /proc on Linux, from lsof elsewhere.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A listening socket: `port` of a TCP socket, `path` of a Unix socket. */
export interface Listener {
  readonly pid: number;
  readonly port?: number;
  readonly path?: string;
}

// The state column of listening TCP sockets, and the flags column of listening Unix sockets.
const tcpListen = " 0A ";
const unixListen = "00010000";

/** Lists the listening sockets of these processes. */
export function listenersOf(pids: readonly number[]): Listener[] {
  if (pids.length === 0) return [];
  return existsSync("/proc/net/tcp") ? listenersFromProc(pids) : listenersFromLsof(pids);
}

/** For Linux: matches the socket inodes of open descriptors with the kernel's socket tables. */
export function listenersFromProc(pids: readonly number[]): Listener[] {
  const open = pids.flatMap((pid) => socketInodes(pid).map((inode) => ({ pid, inode })));
  const unix = unixSockets();
  // For the tables of TCP the kernel walks all of its hash buckets, which takes milliseconds even if there are no connections.
  const tcp = open.every(({ inode }) => unix.has(inode)) ? new Map<string, number>() : tcpPorts();
  return open.flatMap(({ pid, inode }): Listener[] => {
    const [port, path] = [tcp.get(inode), unix.get(inode)];
    if (port !== undefined) return [{ pid, port }];
    return path === undefined ? [] : [{ pid, path }];
  });
}

/** For macOS and the BSDs. */
export function listenersFromLsof(pids: readonly number[]): Listener[] {
  const about = ["-nP", "-a", "-p", pids.join(","), "-iTCP", "-sTCP:LISTEN", "-Fpn"];
  const listeners: Listener[] = [];
  let pid = 0;
  for (const field of lsof(about).split("\n")) {
    if (field.startsWith("p")) pid = Number(field.slice(1));
    const port = /^n.*:(\d+)$/.exec(field)?.[1];
    if (port) listeners.push({ pid, port: Number(port) });
  }
  return listeners;
}

/** lsof exits with 1 when it finds nothing, which is not an error. */
function lsof(args: readonly string[]): string {
  try {
    return execFileSync("lsof", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}

/** The ports of listening TCP sockets, by inode. */
function tcpPorts(): Map<string, number> {
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => tableRows(table, tcpListen));
  return new Map(
    rows.map(([, local = "", , , , , , , , inode = ""]) => [
      inode,
      parseInt(local.split(":")[1] ?? "", 16),
    ]),
  );
}

/** All Unix sockets by inode, with the path of each one that listens. */
function unixSockets(): Map<string, string | undefined> {
  const rows = tableRows("/proc/net/unix", "");
  return new Map(
    rows.map(([, , , flags, , , inode = "", path = ""]) => [
      inode,
      flags === unixListen ? path : undefined,
    ]),
  );
}

/** Splits only the rows that match: a busy machine has thousands of connections. */
function tableRows(path: string, wanted: string): string[][] {
  if (!existsSync(path)) return [];
  const rows = readFileSync(path, "utf8").split("\n");
  return rows.filter((row) => row.includes(wanted)).map((row) => row.trim().split(/\s+/));
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => inodeBehind(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // The process has ended, or belongs to another user.
  }
}

function inodeBehind(descriptor: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(descriptor))?.slice(1) ?? [];
  } catch {
    return [];
  }
}
