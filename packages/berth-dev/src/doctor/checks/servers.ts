// Checks servers that development uses instead of its own: whether they run and, if Docker should run them, why they do not.
import { once } from "node:events";
import { connect } from "node:net";
import type { Finding } from "../check";
import { readText, type Context } from "../context";
import { readValues } from "../formation";
import { runProgram } from "../run-program";

const TIMEOUT_MS = 2000;
const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "redis:": 6379, "rediss:": 6379 };

export async function checkServers(context: Context, signal: AbortSignal): Promise<Finding[]> {
  const values = { ...readValues(context.root), ...context.env };
  const findings = await Promise.all(
    ["DEV_DATABASE_URL", "REDIS_URL"].map((name) =>
      checkServer(context, name, values[name] ?? "", signal),
    ),
  );
  return findings.flat();
}

async function checkServer(
  context: Context,
  name: string,
  text: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  // Not set, or invalid: the check of variables reports that.
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return [];
  const reason =
    name === "DEV_DATABASE_URL" ? await whyNoDatabase(context) : await whyNotAccepting(url);
  if (reason === undefined) return [];
  const port = Number(url.port) || (DEFAULT_PORTS[url.protocol] ?? 5432);
  const isPublished = publishedPorts(readText(context, "compose.yaml") ?? "").includes(port);
  const cure =
    isPublished && LOCAL.test(url.hostname)
      ? await cureOfDocker(context.root, context.env, signal)
      : "Start it, or correct the URL";
  const message = `${name}: ${url.hostname}:${port} cannot be used: ${reason}`;
  return [{ level: "error", message, cure: `${cure}; or unset ${name}` }];
}

async function whyNoDatabase(context: Context): Promise<string | undefined> {
  const state = await context.database();
  return state && "unreachable" in state ? state.unreachable : undefined;
}

async function whyNotAccepting({ hostname, port, protocol }: URL): Promise<string | undefined> {
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket = connect({ host, port: Number(port) || DEFAULT_PORTS[protocol]! });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return undefined;
  } catch (err) {
    const { name, code, message } = err as NodeJS.ErrnoException;
    return name === "AbortError" ? `no connection within ${TIMEOUT_MS} ms` : (code ?? message);
  } finally {
    socket.destroy();
  }
}

/** The ports of this machine that a Compose file publishes: `"127.0.0.1:5432:5432"`. */
export const publishedPorts = (compose: string): number[] =>
  [...compose.matchAll(/["'\s[](?:[\d.]+:)?(\d+):\d+["'\s\]]/g)].map(([, port]) => Number(port));

async function cureOfDocker(
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  const { code, stderr } = await runProgram("docker", ["info"], { cwd, env, signal });
  if (code === 0) return "docker compose up --wait";
  if (code === undefined) return "Install Docker, then run docker compose up --wait";
  const isDenied = /permission denied/i.test(stderr);
  return isDenied
    ? 'Docker denies access to this user: sudo usermod -aG docker "$USER", log in again, then docker compose up --wait'
    : "Docker's daemon does not respond: start it, then run docker compose up --wait";
}
