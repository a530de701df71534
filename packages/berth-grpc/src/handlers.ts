// What a service does when it is called: async functions become what grpc-js takes.
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
import { CallError, isFault, statusOf } from "./call-error";
import { requestIdOf, traceIdOf, travelsWith } from "./call-headers";
import { type Protos, type ServiceDefinition, serviceIn } from "./protos";

/** One call, for whoever handles it. */
export interface Call {
  readonly metadata: Metadata;
  /** Aborted when the call is over, whoever has ended it. */
  readonly signal: AbortSignal;
}

/**
 * Handles a call of any kind.
 * @param request The message that came; where clients send a stream of them, an `AsyncIterable`.
 * @returns The answer, or an `AsyncIterable` of them, which are sent as fast as the client takes them. What has no end
 *   ends itself on `draining`.
 */
export type Handler = (request: object, call: Call) => Promise<object> | AsyncIterable<object>;

/** A service as it is served. */
export interface RpcService {
  /** With its package's, such as `notes.v1.Notes`. */
  name: string;
  /** Where it is defined. */
  protos: Protos;
  /** By the names of its methods, such as `getNote`. */
  handlers: Readonly<Record<string, Handler>>;
}

type Method = ServiceDefinition[string];
type AnyCall = ServerUnaryCall<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;

/**
 * The service's definition and implementation for grpc-js. Messages are read and written here: what is wrong with them
 * has its status and its log line like anything else.
 * @throws TypeError when a method has no handler, or is of a kind that nobody needs yet: a stream with one answer.
 */
export function implementationOf({ name: service, protos, handlers }: RpcService, logger: Logger) {
  const raw: Record<string, Method> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(serviceIn(protos, service))) {
    const handler = handlers[method.originalName ?? name];
    if (handler === undefined) throw new TypeError(`There is no handler for ${method.path}`);
    if (method.requestStream && !method.responseStream) {
      throw new TypeError(`${method.path}: a stream of requests has a stream of answers here`);
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

/** Runs the work in the call's context, and fails the call when it rejects. */
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
      // What is done for a caller that does not wait any more would be in vain.
      if (leftMs <= 0) throw new CallError("DEADLINE_EXCEEDED", "The deadline had passed already.");
      await work({ metadata, signal: over.signal });
    } catch (err) {
      // Nobody is there to be told; what a handler throws on its signal is no fault.
      if (over.signal.aborted) return;
      const status = statusOf(err);
      if (isFault(status.code, err)) logger.error({ ...fields(), err }, "call failed");
      fail(status);
    }
  };
  const context = {
    logger,
    fields,
    travels: () => travelsWith(metadata),
    deadline: Number.isFinite(leftMs) ? performance.now() + leftMs : undefined,
  };
  runInWorkContext(context, () => void run());
}

/** @throws CallError INVALID_ARGUMENT when the bytes are no such message. */
function read({ requestDeserialize }: Method, bytes: Buffer): object {
  try {
    return requestDeserialize(bytes);
  } catch {
    throw new CallError("INVALID_ARGUMENT", "The request is not the message that is expected.");
  }
}

async function* readAll(
  method: Method,
  call: ServerDuplexStream<Buffer, Buffer>,
): AsyncIterable<object> {
  // Else the last request would end the answers, too.
  const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const bytes of requests) yield read(method, bytes);
}
