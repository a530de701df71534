// Tells whether an instance is up, by the signs that others of its type give.
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { isAccepted } from "./accepts";

const POLL_MS = 50;
/** What speaks HTTP answers a health check sooner, in milliseconds; others may wait for more for ever. */
const ANSWER_MS = 1000;
/** What cannot run has mostly ended by then, in milliseconds; supervisord's `startsecs` is the same. */
const STEADY_MS = 1000;

/** What an instance shows once it is up: nothing but that it runs, a port that accepts connections, or answers in HTTP. */
export type Sign = "runs" | "port" | "http";

const SIGNS: readonly Sign[] = ["runs", "port", "http"];

/** Returns the most that one of these ports shows. */
export async function signOf(ports: number[]): Promise<Sign> {
  const signs = await Promise.all(ports.map(async (port) => (await look(port)).sign));
  return SIGNS.findLast((sign) => signs.includes(sign)) ?? "runs";
}

/** Resolves once the port shows the sign, and `/readyz` is no error where there is HTTP; or when `signal` is aborted. */
export async function becomesReady(port: number, sign: Sign, signal: AbortSignal): Promise<void> {
  if (sign === "runs") return delay(STEADY_MS);
  for (;;) {
    const { sign: shown, isReady } = await look(port);
    if (signal.aborted || (isReady && SIGNS.indexOf(shown) >= SIGNS.indexOf(sign))) return;
    await delay(POLL_MS);
  }
}

async function look(port: number): Promise<{ sign: Sign; isReady: boolean }> {
  if (!(await isAccepted(port))) return { sign: "runs", isReady: false };
  const status = await readyzStatus(port);
  // A service that has no such route says 404.
  return status === undefined
    ? { sign: "port", isReady: true }
    : { sign: "http", isReady: status < 500 };
}

/** Undefined when the answer is not HTTP, or takes too long. */
function readyzStatus(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    get({ host: "127.0.0.1", port, path: "/readyz", agent: false, signal }, (res) => {
      resolve(res.statusCode);
      res.destroy();
    }).on("error", () => resolve(undefined));
  });
}
