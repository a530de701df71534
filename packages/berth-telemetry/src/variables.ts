// The environment variables of telemetry.
import * as v from "valibot";
import { integer, optional, variable } from "berth/config";

/** For `observeProcess`; each process reads them. The other `OTEL_…` variables are read by OpenTelemetry itself. */
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
      "The bearer token for `GET /metrics`; without it there is no such path, unless `METRICS_PORT` is set.",
    secret: true,
  }),
  METRICS_PORT: variable({
    schema: optional(integer(0, 65535)),
    example: "9464",
    about:
      "A port of its own for `GET /metrics`, which then is not on `PORT`; open to whoever reaches it, unless `METRICS_TOKEN` is set.",
    complete(port, _env, { PORT }) {
      if (port === undefined || port === 0 || port !== PORT) return port;
      throw new Error("expected another port than PORT");
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
      "The bearer token for profiles, heap snapshots and the like below `/debug/`, on `METRICS_PORT` if that is set; without it there are no such paths.",
    secret: true,
    complete(token, _env, { METRICS_TOKEN }) {
      if (token === undefined || token !== METRICS_TOKEN) return token;
      throw new Error("expected another token than METRICS_TOKEN, which monitoring systems know");
    },
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable({
    schema: optional(v.pipe(v.string(), v.description("a URL"))),
    example: "http://localhost:4318",
    about:
      "Where traces are sent, by OTLP over HTTP; without it there are none. The other variables of OpenTelemetry apply as well.",
  }),
};
