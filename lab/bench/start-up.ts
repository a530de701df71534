// Measures the time until a process's first response: after a start, and after a reload in development.
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ownEnvironment } from "berth-dev/contract";
import { listens, send } from "port-contract/harness";
import type { Contender } from "./contenders";
import { startCommand, startContender } from "./server-process";

/** Milliseconds, one value per round. */
export interface Durations {
  contender: Contender;
  ms: number[];
}

const ROOT = join(__dirname, "../..");
const SETTLE_MS = 500;
const RESPONSE_LIMIT_MS = 5000;

/** From spawning the process to the end of its first 200 response. */
export function measureStart(
  contenders: readonly Contender[],
  rounds: number,
  node: string,
): Promise<Durations[]> {
  return inTurns(contenders, rounds, async (contender) => {
    const startedAt = performance.now();
    const server = await startContender(contender, { node, log: "kept" });
    await mustRespond(server.port, "/json");
    const ms = performance.now() - startedAt;
    await server.stop();
    return ms;
  });
}

/** From touching a source file under a watcher to the end of the new process's first 200 response. */
export function measureReload(
  contenders: readonly Contender[],
  rounds: number,
  node: string,
): Promise<Durations[]> {
  return inTurns(contenders, rounds, async (contender) => {
    const { args, env, touched, path } = watched(contender);
    const server = await startCommand([node, ...args], {
      node,
      env: { ...contender.env, ...env },
      log: "kept",
    });
    await mustRespond(server.port, path);
    await sleep(SETTLE_MS);
    const before = server.log.text().length;
    const touchedAt = performance.now();
    const now = new Date();
    utimesSync(touched, now, now);
    await listens(server, server.log, before);
    await mustRespond(server.port, path);
    const ms = performance.now() - touchedAt;
    await server.stop();
    return ms;
  });
}

/** Development: Berth's TypeScript as in Procfile.dev, the others' JavaScript under node --watch. */
function watched({ name, script }: Contender) {
  if (name !== "berth")
    return { args: ["--watch", script], env: {}, touched: script, path: "/json" };
  const inRoot = (path: string): string => join(ROOT, path);
  const args = [require.resolve("berth-dev/cli"), "reload", inRoot("src/server.ts")];
  return { args, env: ownEnvironment(), touched: inRoot("src/app.ts"), path: "/livez" };
}

async function inTurns(
  contenders: readonly Contender[],
  rounds: number,
  measureOnce: (contender: Contender) => Promise<number>,
): Promise<Durations[]> {
  const all = contenders.map((contender): Durations => ({ contender, ms: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const { contender, ms } of all) ms.push(await measureOnce(contender));
  }
  return all;
}

async function mustRespond(port: number, path: string): Promise<void> {
  const { status, body } = await send({ host: "127.0.0.1", port }, { path }, RESPONSE_LIMIT_MS);
  if (status !== 200) throw new Error(`the first response has status ${status}: ${body}`);
}
