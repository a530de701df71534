// Logs once when exporting spans fails, and once when it works again.
import { ExportResultCode } from "@opentelemetry/core";
import type { SpanExporter } from "@opentelemetry/sdk-trace-node";
import type { Logger } from "pino";

/** @returns The exporter to use, and a function that tells whether the last export failed. */
export function watchExports(
  exporter: SpanExporter,
  logger: Pick<Logger, "warn" | "info">,
): { exporter: Required<SpanExporter>; isFailing: () => boolean } {
  let isFailing = false;
  return {
    isFailing: () => isFailing,
    exporter: {
      export(spans, report) {
        exporter.export(spans, (result) => {
          const hasFailed = result.code !== ExportResultCode.SUCCESS;
          if (hasFailed && !isFailing) {
            logger.warn(
              { reason: result.error?.message },
              "traces cannot be exported: spans are dropped until the collector of OTEL_EXPORTER_OTLP_ENDPOINT accepts them",
            );
          } else if (!hasFailed && isFailing) logger.info("traces are exported again");
          isFailing = hasFailed;
          report(result);
        });
      },
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    },
  };
}
