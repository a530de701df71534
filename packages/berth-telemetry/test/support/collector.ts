// An OpenTelemetry collector for tests: takes spans by OTLP over HTTP, as JSON, or responds as a broken one does.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { inTime } from "berth/testing";

/** A span that was received. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 2: server, 3: client, 5: consumer. */
  kind: number;
  attributes: Readonly<Record<string, unknown>>;
  resource: Readonly<Record<string, unknown>>;
  durationMs: number;
  status: { code?: number };
}

/** A running collector. */
export interface Collector {
  url: string;
  spans: ReceivedSpan[];
  /** The requests so far. */
  requests: IncomingMessage[];
  /** Resolves when the spans, or requests, are as wanted. */
  until(isAsWanted: (collector: Collector) => boolean): Promise<void>;
  stop(): Promise<void>;
}

interface KeyValue {
  key: string;
  value: {
    stringValue?: string;
    intValue?: number;
    arrayValue?: { values: { stringValue?: string }[] };
  };
}
interface Payload {
  resourceSpans: {
    resource: { attributes: KeyValue[] };
    scopeSpans: {
      spans: (Omit<ReceivedSpan, "attributes"> & {
        attributes: KeyValue[];
        startTimeUnixNano: string;
        endTimeUnixNano: string;
      })[];
    }[];
  }[];
}

const read = (all: readonly KeyValue[]): Record<string, unknown> =>
  Object.fromEntries(
    all.map(({ key, value: { stringValue, intValue, arrayValue } }) => [
      key,
      stringValue ?? intValue ?? arrayValue?.values.map((each) => each.stringValue),
    ]),
  );

function spansOf({ resourceSpans }: Payload): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: read(span.attributes),
        resource: read(resource.attributes),
        durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
      })),
    ),
  );
}

/** @param respond What a broken collector does instead of taking the spans. */
export async function startCollector(
  respond?: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<Collector> {
  const waiting = new Set<() => void>();
  const server = createServer((req, res) => {
    collector.requests.push(req);
    void take(req, res).then(() => waiting.forEach((check) => check()));
  });
  async function take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (respond) return respond(req, res);
    collector.spans.push(...spansOf((await json(req)) as Payload));
    res.setHeader("Content-Type", "application/json").end("{}");
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    requests: [],
    until(isAsWanted) {
      const done = new Promise<void>((resolve) => {
        const check = (): void => {
          if (!isAsWanted(collector)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
      return inTime(done, () => `the collector has ${JSON.stringify(collector.spans, null, 1)}`);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return collector;
}

/** The spans of a trace as a tree, one line each. */
export function treeOf(spans: readonly ReceivedSpan[]): string {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const below = (parent: string | undefined, indent: string): string[] =>
    spans
      .filter(({ parentSpanId }) =>
        parent === undefined ? !ids.has(parentSpanId ?? "") : parentSpanId === parent,
      )
      .flatMap((span) => [
        `${indent}${KINDS[span.kind] ?? span.kind} ${span.name}`,
        ...below(span.spanId, `${indent}  `),
      ]);
  return below(undefined, "").join("\n");
}

const KINDS: Readonly<Record<number, string>> = { 2: "server", 3: "client", 5: "consumer" };
