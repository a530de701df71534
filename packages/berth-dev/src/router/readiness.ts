// Asks an instance whether it may get requests.
import { get } from "node:http";

/** What is slower than this to say so has stopped doing its work, in milliseconds. */
const ANSWER_MS = 5000;

/**
 * Resolves to whether `/readyz` answers with less than 500: a service that has no such route says 404. It has a connection of
 * its own, as one that is kept open does not tell whether new ones are accepted.
 * @param signal Ends the question, as if the answer were no.
 */
export function isReady(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, path: "/readyz", agent: false, signal };
    const asked = get({ ...options, timeout: ANSWER_MS }, (res) => {
      resolve((res.statusCode ?? 500) < 500);
      // Whatever comes after the head.
      res.on("error", () => {}).destroy();
    });
    asked.on("timeout", () => asked.destroy()).on("error", () => resolve(false));
  });
}
