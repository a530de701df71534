// H3: stays within the router's timeouts for the first byte and between bytes.
import { type Clause, fail, pass } from "../clause";
import { connect, type Address } from "../harness/connection";
import { headOf } from "../harness/http";
import { parseResponse } from "../harness/http-response";
import { NoResponse } from "../harness/missing-response";
import { within } from "../harness/wait";
import { seconds } from "../wording";

const longestPauseMs = 55_000;

/** Reads a response and returns the wait for its first byte and the longest pause after it, in ms; Infinity at the limit. */
async function silences(address: Address, path: string, firstByteMs: number) {
  const connection = await connect(address);
  connection.socket.write(headOf({ path }));
  const pauses: number[] = [];
  let from = performance.now();
  while (!parseResponse(connection.received(), connection.ending() === "FIN")) {
    const limitMs = pauses.length === 0 ? firstByteMs : longestPauseMs;
    if (connection.ending()) throw new NoResponse(`GET ${path}: closed without a whole response`);
    const came = await within(
      connection.changed().then(() => true),
      limitMs,
    );
    pauses.push(came ? performance.now() - from : Infinity);
    from = performance.now();
    if (!came) break;
  }
  connection.close();
  const [first = 0, ...later] = pauses;
  return { first, longest: Math.max(0, ...later) };
}

export const clause: Clause = {
  id: "H3",
  level: "SHOULD",
  title: "sends the first byte in time, and then never pauses for 55 s",
  demandedBy: "Heroku H12 (30 s) and H15 (55 s)",
  breaksOn: "Heroku H12/H15, and 504 behind nginx and load balancers (60 s)",
  fix: "move long work to a worker and respond 202, or start streaming at once and send something regularly",
  procedure: "Measure the pauses in the responses of --path and, if given, --slow-path.",
  protocol: "http",
  async check({ start, settings: { path, slowPath, platform } }) {
    const service = await start();
    const limitMs = platform.firstByteSeconds * 1000;
    const measured = [];
    for (const one of [path, slowPath ?? path]) {
      const { first, longest } = await silences(service, one, limitMs);
      if (first === Infinity) return fail(`GET ${one}: no byte within ${seconds(limitMs)}`);
      if (longest === Infinity) return fail(`GET ${one}: silent for ${seconds(longestPauseMs)}`);
      measured.push(first);
    }
    return pass(`first byte after ${seconds(Math.max(...measured))} of ${seconds(limitMs)}`);
  },
};
