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
import { runInCall } from "./call-events";
import { requestIdOf, traceIdOf, headersToPropagate } from "./call-headers";
import { type Protos, type ServiceDefinition, serviceIn } from "./protos";

/** One call, as its handler sees it. */
export interface Call {
  readonly metadata: Metadata;
  /** Aborted when the call is over, for any reason: it has ended, was cancelled, or its deadline has passed. */
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
 * Returns the definition and implementation for grpc-js. Messages are deserialized and serialized here, not by grpc-js, so
 * that a malformed one is INVALID_ARGUMENT, and a response that cannot be serialized is logged.
 * @throws TypeError when a method has no handler, or streams requests but not responses, which is not supported
 */
export function implementationOf({ name: service, protos, handlers }: RpcService, logger: Logger) {
  const definition: Record<string, Method> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(serviceIn(protos, service))) {
    const handler = handlers[method.originalName ?? name];
    if (handler === undefined) throw new TypeError(`There is no handler for ${method.path}`);
    if (method.requestStream && !method.responseStream) {
      throw new TypeError(`${method.path}: a method that streams requests must stream responses`);
    }
    definition[name] = { ...method, requestDeserialize: asIs, responseSerialize: asIs };
    implementation[name] = method.responseStream
      ? handleStream(method, handler, logger)
      : handleUnary(method, handler, logger);
  }
  return { definition, implementation };
}

const asIs = (bytes: object): Buffer => bytes as Buffer;

const handleUnary =
  (method: Method, handler: Handler, logger: Logger): handleUnaryCall<Buffer, Buffer> =>
  (call, callback) =>
    handle(method, call, logger, callback, async (context) => {
      const response = await (handler(parse(method, call.request), context) as Promise<object>);
      callback(null, method.responseSerialize(response));
    });

const handleStream =
  (method: Method, handler: Handler, logger: Logger): handleBidiStreamingCall<Buffer, Buffer> =>
  (call) =>
    handle(
      method,
      call,
      logger,
      (err) => call.emit("error", err),
      async (context) => {
        const request = method.requestStream
          ? parseAll(method, call)
          : parse(method, (call as unknown as ServerUnaryCall<Buffer, Buffer>).request);
        for await (const message of handler(request, context) as AsyncIterable<object>) {
          const isFull = !call.write(method.responseSerialize(message));
          if (isFull) await once(call, "drain", { signal: context.signal });
          context.signal.throwIfAborted();
        }
        call.end();
      },
    );

/** Runs a handler in the call's work context; if it rejects, the call fails with the error's status. */
function handle(
  { path }: Method,
  call: AnyCall,
  logger: Logger,
  fail: (err: ReturnType<typeof statusOf>) => void,
  work: (context: Call) => Promise<void>,
): void {
  const { metadata } = call;
  const over = new AbortController();
  call.on("cancelled", () => over.abort());
  const fields = () => ({
    requestId: requestIdOf(metadata),
    traceId: traceIdOf(metadata),
    method: path,
  });
  /** Infinity without a deadline. */
  const remainingMs = Number(call.getDeadline()) - Date.now();
  const run = async (): Promise<void> => {
    try {
      if (remainingMs <= 0)
        throw new CallError("DEADLINE_EXCEEDED", "The deadline has already passed.");
      await work({ metadata, signal: over.signal });
    } catch (err) {
      // Expected: the signal made the handler throw, and nobody waits for a status.
      if (over.signal.aborted) return;
      const status = statusOf(err);
      if (isServerError(status.code, err)) logger.error({ ...fields(), err }, "call failed");
      fail(status);
    }
  };
  const workContext = {
    logger,
    fields,
    headersToPropagate: () => headersToPropagate(metadata),
    deadline: Number.isFinite(remainingMs) ? performance.now() + remainingMs : undefined,
  };
  runInCall(metadata, () => runInWorkContext(workContext, () => void run()));
}

/** @throws CallError INVALID_ARGUMENT when the bytes are not a message of this type */
function parse({ requestDeserialize }: Method, bytes: Buffer): object {
  try {
    return requestDeserialize(bytes);
  } catch {
    throw new CallError("INVALID_ARGUMENT", "The request is not a message of the expected type.");
  }
}

async function* parseAll(
  method: Method,
  call: ServerDuplexStream<Buffer, Buffer>,
): AsyncIterable<object> {
  // By default, the iterator would destroy the whole stream, and the responses with it, at the end of the requests.
  const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const bytes of requests) yield parse(method, bytes);
}
