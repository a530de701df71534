// Checks whether an instance is up: by its process, its port or /readyz, as others of its type allow.
import { once } from "node:events";
import { get } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 50;
/** An HTTP server responds to a health check within this time; another protocol may wait for more input forever. */
const HTTP_TIMEOUT_MS = 1000;
/** A process that cannot run has usually exited by then; the same as supervisord's default `startsecs`. */
const STEADY_MS = 1000;

/** What an instance shows once it is up: only that it runs, a port that accepts connections, or HTTP responses. */
export type Sign = "runs" | "port" | "http";

const SIGNS: readonly Sign[] = ["runs", "port", "http"];

/** Returns the strongest sign that any of these ports shows. */
export async function signOf(ports: number[]): Promise<Sign> {
  const signs = await Promise.all(ports.map(async (port) => (await check(port)).sign));
  return SIGNS.findLast((sign) => signs.includes(sign)) ?? "runs";
}

/** Resolves once the port shows the sign and, for HTTP, `/readyz` responds with less than 500; or when `signal` is aborted. */
export async function becomesReady(port: number, sign: Sign, signal: AbortSignal): Promise<void> {
  if (sign === "runs") return delay(STEADY_MS);
  for (;;) {
    const { sign: shown, isReady } = await check(port);
    if (signal.aborted || (isReady && SIGNS.indexOf(shown) >= SIGNS.indexOf(sign))) return;
    await delay(POLL_MS);
  }
}

/** Resolves once the port of this machine accepts a connection, or when `signal` is aborted. */
export async function acceptsConnections(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await isAccepting(port))) await delay(POLL_MS);
}

async function check(port: number): Promise<{ sign: Sign; isReady: boolean }> {
  if (!(await isAccepting(port))) return { sign: "runs", isReady: false };
  const status = await readyzStatus(port);
  // A service without /readyz responds 404.
  return status === undefined
    ? { sign: "port", isReady: true }
    : { sign: "http", isReady: status < 500 };
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
