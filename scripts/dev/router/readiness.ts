// Asks an instance whether it may get requests.
import { get } from "node:http";

/** What is slower than this to say so has stopped doing its work, in milliseconds. */
const ANSWER_MS = 5000;

/**
 * Resolves to whether `/readyz` answers with less than 500: a service that has no such route says 404. Everybody else's
 * connections stay out of it, as one that is kept open tells nothing of whether new ones are accepted.
 */
export function isReady(port: number, answerMs = ANSWER_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(answerMs);
    get({ host: "127.0.0.1", port, path: "/readyz", agent: false, signal }, (res) => {
      resolve((res.statusCode ?? 500) < 500);
      // Whatever comes after the head.
      res.on("error", () => {}).destroy();
    }).on("error", () => resolve(false));
  });
}
