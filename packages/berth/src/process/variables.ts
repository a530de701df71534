// The environment variables of Berth itself: those of every process, and those of a process that serves HTTP.
import { isIP } from "node:net";
import * as v from "valibot";
import { concurrency } from "./concurrency";
import { flag, integer, nonEmpty, oneOf, variable } from "./environment";

/** The variables of every process. */
export const processVariables = {
  LOG_LEVEL: variable({
    schema: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    default: "info",
    about: "The lowest level of log lines to print.",
  }),
};

/** Whether it is an IP address, or a range in CIDR notation. */
const isAddressOrRange = (value: string): boolean => {
  const [address = "", prefix, ...rest] = value.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
};

/** A hop count, or a list of addresses and ranges, for Express' `trust proxy`. */
const trustProxy = v.pipe(
  v.string(),
  v.check((value) => /^\d{1,2}$/.test(value) || value.split(",").every(isAddressOrRange)),
  v.transform((value) => (/^\d+$/.test(value) ? Number(value) : value.split(","))),
  v.description(
    "a number of proxy hops (0 to 99), or addresses and CIDR ranges separated by commas; " +
      "`true` is not allowed because it lets any client forge its address",
  ),
);

const shutdownTimeout = { schema: integer(1, 3_600_000, "milliseconds"), default: "8000" };

/** The variables of a process that serves HTTP. */
export const httpVariables = {
  PORT: variable({
    schema: integer(0, 65535),
    default: "5000",
    about: "The port to bind; with 0 the system chooses a free one.",
  }),
  HOST: variable({
    schema: nonEmpty("an address or host name of this machine"),
    default: "::",
    about:
      "The address to bind: `::` means every address, IPv6 and IPv4; without IPv6, `0.0.0.0` is used.",
  }),
  REUSE_PORT: variable({
    schema: flag,
    default: "false",
    about:
      "Whether several processes may bind the same port and share its connections; requires Node 22.12.",
  }),
  WEB_CONCURRENCY: variable({
    schema: concurrency,
    default: "1",
    about:
      "How many worker processes serve the port; `auto`: one per CPU, or fewer if there is less than 256 MB of memory for each.",
    complete(workers, _env, { REUSE_PORT }) {
      if (workers === 1 || !REUSE_PORT) return workers;
      throw new Error(
        "expected 1 with REUSE_PORT, which is for processes that are started separately",
      );
    },
  }),
  ...processVariables,
  BODY_LIMIT_BYTES: variable({
    schema: integer(0, 1_073_741_824, "bytes"),
    default: "102400",
    about:
      "The largest request body, after decompression, for routes without a limit of their own.",
  }),
  TRUST_PROXY: variable({
    schema: trustProxy,
    default: "0",
    about:
      "Whose `X-Forwarded-*` headers to trust: the number of proxies in front of the service, or their addresses.",
  }),
  REFUSE_MISMATCHED_RESPONSES: variable({
    schema: flag,
    default: "false",
    about:
      "Whether a response that does not match its route's description becomes a 500, for development and tests; otherwise it is sent, and logged once.",
  }),
  KEEP_ALIVE_TIMEOUT_MS: variable({
    schema: integer(0, 3_600_000, "milliseconds"),
    default: "95000",
    about:
      "The keep-alive timeout of idle connections: longer than the router's (Heroku: 90 s), or the router sends requests to connections that are being closed.",
  }),
  REQUEST_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "60000",
    about:
      "How long a client may take to send a request, including the body: raise it together with `BODY_LIMIT_BYTES`.",
  }),
  RESPONSE_TIMEOUT_MS: variable({
    schema: integer(1, 3_600_000, "milliseconds"),
    default: "60000",
    about:
      "How long a client may stop reading a response before its connection is closed; Node may take up to twice as long to notice.",
  }),
  DRAIN_DELAY_MS: variable({
    schema: integer(0, 600_000, "milliseconds"),
    default: "0",
    about:
      "How long to accept connections after SIGTERM, until the router has removed the process (Kubernetes: 5000).",
    complete(delayMs, _env, { SHUTDOWN_TIMEOUT_MS }) {
      const limitMs = SHUTDOWN_TIMEOUT_MS as number | undefined;
      // An invalid SHUTDOWN_TIMEOUT_MS is reported itself.
      if (limitMs === undefined || delayMs < limitMs) return delayMs;
      throw new Error(
        `expected less than SHUTDOWN_TIMEOUT_MS, which includes it and is ${limitMs}`,
      );
    },
  }),
  SHUTDOWN_TIMEOUT_MS: variable({
    ...shutdownTimeout,
    about:
      "How long after SIGTERM the remaining connections are closed, including the drain delay: less than the platform's grace period (often 10 s).",
  }),
};

/** The variables of a process that works until it is told to stop, and binds no port. */
export const backgroundVariables = {
  ...processVariables,
  SHUTDOWN_TIMEOUT_MS: variable({
    ...shutdownTimeout,
    about:
      "How long work in progress may continue after SIGTERM: less than the platform's grace period (often 10 s).",
  }),
};
