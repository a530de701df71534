// Clients that read an endless answer, and ask for it anew whenever it ends.
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ANSWER_LIMIT_MS, type Failure } from "./failure";
import type { Ending } from "./websockets";

/** Before the next try of a client that was turned away, in milliseconds. */
const RETRY_MS = 50;

/** Reads until the signal is aborted, and resolves then with how all streams but the last ones ended. */
export async function readStreams(
  port: number,
  path: string,
  clients: number,
  stopped: AbortSignal,
): Promise<Ending[]> {
  const endings: Ending[] = [];
  const client = async (): Promise<void> => {
    while (!stopped.aborted) {
      const failure = await readOnce(port, path, stopped);
      if (stopped.aborted) return;
      endings.push(failure ? { failure } : {});
      if (failure) await sleep(RETRY_MS);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return endings;
}

/** Resolves with nothing when the stream came to its proper end: the last chunk of its body. */
function readOnce(port: number, path: string, stopped: AbortSignal): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    const req = get({ host: "127.0.0.1", port, path, agent: false, signal: stopped });
    // The service sends something several times a second.
    req.setTimeout(ANSWER_LIMIT_MS, () => {
      resolve("timeout");
      req.destroy();
    });
    req.on("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code === "ECONNREFUSED" ? "refused" : "reset"),
    );
    req.on("response", (res) => {
      res.resume().on("error", () => resolve("cut"));
      res.on("end", () => resolve(res.statusCode === 200 ? undefined : `${res.statusCode ?? 0}`));
    });
  });
}
