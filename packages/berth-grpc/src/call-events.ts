// Publishes calls on `berth/channels`.
import type { Metadata } from "@grpc/grpc-js";
import { rpcEnd, type RpcEvent, rpcStart } from "berth/channels";
import { TRACE_HEADERS, traceHeadersOf } from "./call-headers";

/** A published call. */
export interface PublishedCall {
  /** @param code The name of its status. */
  end(code: string): void;
}

const events = new WeakMap<Metadata, RpcEvent>();

/** Publishes that a call has begun, and sets the trace headers that listeners replace; undefined if nobody listens. */
export function publishCall(metadata: Metadata, method: string): PublishedCall | undefined {
  if (!rpcStart.hasSubscribers && !rpcEnd.hasSubscribers) return undefined;
  const headers = { ...traceHeadersOf(metadata) };
  const event: RpcEvent = { method, headers, startedAt: performance.now() };
  events.set(metadata, event);
  rpcStart.publish(event);
  for (const name of TRACE_HEADERS) {
    metadata.remove(name);
    if (event.headers[name] !== undefined) metadata.set(name, event.headers[name]);
  }
  return {
    end(code) {
      const durationMs = performance.now() - event.startedAt;
      rpcEnd.publish(Object.assign(event, { durationMs, code }));
    },
  };
}

/** Runs the handler of a call, as listeners surround it. */
export function runInCall(metadata: Metadata, work: () => void): void {
  const around = events.get(metadata)?.around;
  if (around) around(work);
  else work();
}
