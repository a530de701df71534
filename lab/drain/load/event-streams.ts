// Clients that read an endless response, and request it again whenever it ends.
import { get } from "node:http";
import { RESPONSE_LIMIT_MS } from "./failure";
import { type Ending, keepOpen } from "./lasting";

/** Reads until the signal is aborted, then resolves to how all streams ended except the last ones. */
export const readStreams = (
  port: number,
  path: string,
  clients: number,
  stopped: AbortSignal,
): Promise<Ending[]> => keepOpen(clients, stopped, () => readOnce(port, path, stopped));

/** It ends properly with the last chunk of its body. */
function readOnce(port: number, path: string, signal: AbortSignal): Promise<Ending> {
  return new Promise((resolve) => {
    const req = get({ host: "127.0.0.1", port, path, agent: false, signal });
    // The service sends something several times a second.
    req.setTimeout(RESPONSE_LIMIT_MS, () => {
      resolve({ failure: "timeout" });
      req.destroy();
    });
    req.on("error", ({ code }: NodeJS.ErrnoException) =>
      resolve({ failure: code === "ECONNREFUSED" ? "refused" : "reset" }),
    );
    req.on("response", (res) => {
      const status = res.statusCode ?? 0;
      res.resume().on("error", () => resolve({ failure: "cut" }));
      res.on("end", () => resolve(status === 200 ? {} : { failure: `${status}` }));
    });
  });
}
