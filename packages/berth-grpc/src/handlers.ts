// Adapts async functions to grpc-js handlers.
import { once } from "node:events";
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Logger } from "pino";
import { runInWorkContext } from "berth/process";
import { CallError, isServerError, statusOf } from "./call-error";
import { requestIdOf, traceIdOf, headersToPropagate } from "./call-headers";
import { type Protos, type ServiceDefinition, serviceIn } from "./protos";

/** One call, as its handler sees it. */
export interface Call {
  readonly metadata: Metadata;
  /** Aborted when the call is over, for any reason. */
  readonly signal: AbortSignal;
}

/**
 * Handles a call of any kind.
 * @param request The message, or an `AsyncIterable` of messages if clients stream them.
 * @returns The response, or an `AsyncIterable` of responses, which are sent with backpressure. An endless stream must end
 *   on `draining`.
 */
export type Handler = (request: object, call: Call) => Promise<object> | AsyncIterable<object>;

/** A gRPC service: its definition and its handlers. */
export interface RpcService {
  /** The full name, such as `notes.v1.Notes`. */
  name: string;
  /** The file that defines it. */
  protos: Protos;
  /** By method name, such as `getNote`. */
  handlers: Readonly<Record<string, Handler>>;
}

type Method = ServiceDefinition[string];
type AnyCall = ServerUnaryCall<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;

/**
 * Returns the definition and implementation for grpc-js. Messages are deserialized and serialized here rather than by
 * grpc-js, so that errors in them get their status and log line like any other.
 * @throws TypeError when a method has no handler, or streams requests but not responses, which is not supported
 */
export function implementationOf({ name: service, protos, handlers }: RpcService, logger: Logger) {
  const raw: Record<string, Method> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(serviceIn(protos, service))) {
    const handler = handlers[method.originalName ?? name];
    if (handler === undefined) throw new TypeError(`There is no handler for ${method.path}`);
    if (method.requestStream && !method.responseStream) {
      throw new TypeError(`${method.path}: a method that streams requests must stream responses`);
    }
    raw[name] = { ...method, requestDeserialize: asIs, responseSerialize: asIs };
    implementation[name] = method.responseStream
      ? handleStream(method, handler, logger)
      : handleUnary(method, handler, logger);
  }
  return { definition: raw, implementation };
}

const asIs = (bytes: object): Buffer => bytes as Buffer;

const handleUnary =
  (method: Method, handler: Handler, logger: Logger): handleUnaryCall<Buffer, Buffer> =>
  (call, callback) =>
    handle(method, call, logger, callback, async (own) => {
      const answer = await (handler(read(method, call.request), own) as Promise<object>);
      callback(null, method.responseSerialize(answer));
    });

const handleStream =
  (method: Method, handler: Handler, logger: Logger): handleBidiStreamingCall<Buffer, Buffer> =>
  (call) =>
    handle(
      method,
      call,
      logger,
      (err) => call.emit("error", err),
      async (own) => {
        const request = method.requestStream
          ? readAll(method, call)
          : read(method, (call as unknown as ServerUnaryCall<Buffer, Buffer>).request);
        for await (const message of handler(request, own) as AsyncIterable<object>) {
          const isFull = !call.write(method.responseSerialize(message));
          if (isFull) await once(call, "drain", { signal: own.signal });
          own.signal.throwIfAborted();
        }
        call.end();
      },
    );

/** Runs the work in the call's context; if it rejects, the call fails. */
function handle(
  { path }: Method,
  call: AnyCall,
  logger: Logger,
  fail: (err: ReturnType<typeof statusOf>) => void,
  work: (own: Call) => Promise<void>,
): void {
  const { metadata } = call;
  const over = new AbortController();
  call.on("cancelled", () => over.abort());
  const fields = () => ({
    requestId: requestIdOf(metadata),
    traceId: traceIdOf(metadata),
    method: path,
  });
  const leftMs = Number(call.getDeadline()) - Date.now();
  const run = async (): Promise<void> => {
    try {
      // The client no longer waits for the response.
      if (leftMs <= 0) throw new CallError("DEADLINE_EXCEEDED", "The deadline has already passed.");
      await work({ metadata, signal: over.signal });
    } catch (err) {
      // The client is gone, and an error that a handler throws on its signal is expected.
      if (over.signal.aborted) return;
      const status = statusOf(err);
      if (isServerError(status.code, err)) logger.error({ ...fields(), err }, "call failed");
      fail(status);
    }
  };
  const context = {
    logger,
    fields,
    headersToPropagate: () => headersToPropagate(metadata),
    deadline: Number.isFinite(leftMs) ? performance.now() + leftMs : undefined,
  };
  runInWorkContext(context, () => void run());
}

/** @throws CallError INVALID_ARGUMENT when the bytes are not a message of this type */
function read({ requestDeserialize }: Method, bytes: Buffer): object {
  try {
    return requestDeserialize(bytes);
  } catch {
    throw new CallError("INVALID_ARGUMENT", "The request is not a message of the expected type.");
  }
}

async function* readAll(
  method: Method,
  call: ServerDuplexStream<Buffer, Buffer>,
): AsyncIterable<object> {
  // Otherwise the end of the requests would also end the responses.
  const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const bytes of requests) yield read(method, bytes);
}
