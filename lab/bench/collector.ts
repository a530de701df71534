// A collector of traces, which takes whatever it is sent.
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Contender } from "./contenders";

/** Runs what measures the contenders while those that send traces have a collector. */
export async function withCollector<T>(
  all: readonly Contender[],
  use: (contenders: readonly Contender[]) => Promise<T>,
): Promise<T> {
  const collector = createServer((req, res) => req.resume().once("end", () => res.end()));
  await once(collector.listen(0, "127.0.0.1"), "listening");
  const { port } = collector.address() as AddressInfo;
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  const attach = (contender: Contender): Contender =>
    contender.env.OTEL_TRACES_SAMPLER === undefined
      ? contender
      : { ...contender, env: { ...contender.env, ...env } };
  try {
    return await use(all.map(attach));
  } finally {
    collector.close().closeAllConnections();
  }
}
