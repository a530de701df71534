// The variables of Berth's own processes: what every process reads, and what one that serves HTTP reads besides.
import { isIP } from "node:net";
import * as v from "valibot";
import { concurrency } from "./concurrency";
import { flag, integer, nonEmpty, oneOf, variable } from "./environment";

/** What every process reads. */
export const processVariables = {
  LOG_LEVEL: variable({
    schema: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    default: "info",
    about: "The least severe log lines to print.",
  }),
};

const isNetwork = (value: string): boolean => {
  const [address = "", prefix, ...rest] = value.split("/");
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    bits > 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
};

/** A hop count or a list of networks, as Express' `trust proxy` takes them. */
const trustProxy = v.pipe(
  v.string(),
  v.check((value) => /^\d{1,2}$/.test(value) || value.split(",").every(isNetwork)),
  v.transform((value) => (/^\d+$/.test(value) ? Number(value) : value.split(","))),
  v.description(
    "a number of proxy hops (0 to 99), or addresses and CIDR ranges joined by commas; " +
      "`true` is refused because it lets any client forge its address",
  ),
);

/** What a process reads that serves HTTP on a port. */
export const httpVariables = {
  PORT: variable({
    schema: integer(0, 65535),
    default: "5000",
    about: "The port to bind; 0 lets the system choose a free one.",
  }),
  HOST: variable({
    schema: nonEmpty("an address or host name of this machine"),
    default: "::",
    about:
      "The address to bind: `::` is every address, IPv6 and IPv4; without IPv6 it is `0.0.0.0`.",
  }),
  REUSE_PORT: variable({
    schema: flag,
    default: "false",
    about:
      "Whether several processes may bind the same port and share its connections; needs Node 22.12.",
  }),
  WEB_CONCURRENCY: variable({
    schema: concurrency,
    default: "1",
    about:
      "How many processes serve the port; `auto`: one for each processor, as far as there are 256 MB of memory for it.",
    complete(workers, _env, { REUSE_PORT }) {
      if (workers === 1 || !REUSE_PORT) return workers;
      throw new Error(
        "expected 1 with REUSE_PORT, which shares the port among processes that are started one by one",
      );
    },
  }),
  ...processVariables,
  BODY_LIMIT_BYTES: variable({
    schema: integer(0, 1_073_741_824, "bytes"),
    default: "102400",
    about: "The largest request body, after decompression, where a route has no limit of its own.",
  }),
  TRUST_PROXY: variable({
    schema: trustProxy,
    default: "0",
    about:
      "Whose `X-Forwarded-*` headers to believe: how many proxies stand in front, or their addresses.",
  }),
  REFUSE_UNFIT_ANSWERS: variable({
    schema: flag,
    default: "false",
    about:
      "Whether an answer that is not as its route describes it is refused, for development and tests; otherwise it is sent, and logged once.",
  }),
  KEEP_ALIVE_TIMEOUT_MS: variable({
    schema: integer(0, 3_600_000, "milliseconds"),
    default: "95000",
    about:
      "How long an idle connection stays open: longer than the router's own (Heroku's: 90 s), or it sends into a closed one.",
  }),
  REQUEST_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "60000",
    about:
      "How long a client may take to send a request, body included: raise it together with `BODY_LIMIT_BYTES`.",
  }),
  RESPONSE_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "60000",
    about:
      "How long a client may take nothing of an answer that waits for it, before it is cut; at most twice as long.",
  }),
  DRAIN_DELAY_MS: variable({
    schema: integer(0, 600_000, "milliseconds"),
    default: "0",
    about:
      "How long to keep accepting after SIGTERM, while the router learns to look elsewhere (Kubernetes: 5000).",
    complete(delayMs, _env, { SHUTDOWN_TIMEOUT_MS }) {
      const limitMs = SHUTDOWN_TIMEOUT_MS as number | undefined;
      // One that is wrong itself is reported as such, and this is not.
      if (limitMs === undefined || delayMs < limitMs) return delayMs;
      throw new Error(
        `expected less than SHUTDOWN_TIMEOUT_MS, which includes it and is ${limitMs}`,
      );
    },
  }),
  SHUTDOWN_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "8000",
    about:
      "How long after SIGTERM the rest is cut, drain delay included: less than the platform's grace (often 10 s).",
  }),
};
