// Readiness probes of an instance: its process, its port, or /readyz.
import { once } from "node:events";
import { get } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 50;
/** A server that does not respond to a health check in this time speaks another protocol, and may wait for more input. */
const HTTP_TIMEOUT_MS = 1000;
/** A process that cannot run has usually exited by then; the same as supervisord's default `startsecs`. */
const STEADY_MS = 1000;

/** How to tell that an instance is up: the process keeps running, its port accepts connections, or it responds to HTTP. */
export type Probe = "process" | "tcp" | "http";

/** From the weakest to the strongest. */
const PROBES: readonly Probe[] = ["process", "tcp", "http"];

/** Returns the strongest probe that succeeds on any of these ports. */
export async function strongestProbe(ports: number[]): Promise<Probe> {
  const probes = await Promise.all(ports.map(async (port) => (await check(port)).probe));
  return PROBES.findLast((probe) => probes.includes(probe)) ?? "process";
}

/** Resolves once the probe succeeds and, for HTTP, `/readyz` responds with less than 500; or when `signal` is aborted. */
export async function becomesReady(port: number, probe: Probe, signal: AbortSignal): Promise<void> {
  if (probe === "process") return delay(STEADY_MS);
  for (;;) {
    const { probe: succeeded, isReady } = await check(port);
    if (signal.aborted || (isReady && PROBES.indexOf(succeeded) >= PROBES.indexOf(probe))) return;
    await delay(POLL_MS);
  }
}

/** Resolves once the port of this machine accepts a connection, or when `signal` is aborted. */
export async function acceptsConnections(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await isAccepting(port))) await delay(POLL_MS);
}

/** The strongest probe that succeeds on the port. */
async function check(port: number): Promise<{ probe: Probe; isReady: boolean }> {
  if (!(await isAccepting(port))) return { probe: "process", isReady: false };
  const status = await readyzStatus(port);
  // A service without /readyz responds 404.
  return status === undefined
    ? { probe: "tcp", isReady: true }
    : { probe: "http", isReady: status < 500 };
}

async function isAccepting(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Undefined if the response is not HTTP, or does not arrive in time. */
function readyzStatus(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(HTTP_TIMEOUT_MS);
    get({ host: "127.0.0.1", port, path: "/readyz", agent: false, signal }, (res) => {
      resolve(res.statusCode);
      res.destroy();
    }).on("error", () => resolve(undefined));
  });
}
