// The environment variables for metrics, traces and debugging.
import * as v from "valibot";
import { integer, optional, variable } from "berth/config";

/** For `observeProcess`, in every process. OpenTelemetry itself reads the other `OTEL_…` variables. */
export const telemetryVariables = {
  METRICS_TOKEN: variable({
    schema: optional(
      v.pipe(
        v.string(),
        v.regex(/^[\x21-\x7e]{8,}$/),
        v.description("8 ASCII characters or more, without spaces (openssl rand -hex 16)"),
      ),
    ),
    example: "7c9e6679742540de944be07fc1f90ae7",
    about:
      "Enables `GET /metrics`, with this bearer token. On `METRICS_PORT` the token is optional.",
    secret: true,
  }),
  METRICS_PORT: variable({
    schema: optional(integer(0, 65535)),
    example: "9464",
    about:
      "Serves `GET /metrics` on a port of its own instead of `PORT`, without authentication unless `METRICS_TOKEN` is set.",
    complete(port, _env, { PORT }) {
      if (port === undefined || port === 0 || port !== PORT) return port;
      throw new Error("expected a port other than PORT");
    },
  }),
  DEBUG_TOKEN: variable({
    schema: optional(
      v.pipe(
        v.string(),
        v.regex(/^[\x21-\x7e]{16,}$/),
        v.description("16 ASCII characters or more, without spaces (openssl rand -hex 16)"),
      ),
    ),
    example: "b9a1c0f3d2e84b6f9c7a5d3e1f082b64",
    about:
      "Enables profiles, heap snapshots and the like below `/debug/`, with this bearer token; on `METRICS_PORT` if that is set.",
    secret: true,
    complete(token, _env, { METRICS_TOKEN }) {
      if (token === undefined || token !== METRICS_TOKEN) return token;
      throw new Error("expected a token other than METRICS_TOKEN, which monitoring systems know");
    },
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable({
    schema: optional(v.pipe(v.string(), v.description("a URL"))),
    example: "http://localhost:4318",
    about:
      "Enables traces: the collector's URL, for OTLP over HTTP. OpenTelemetry's other variables apply as well.",
  }),
};
