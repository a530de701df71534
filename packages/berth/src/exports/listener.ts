// What a service without Express needs: its listener, request ids, traces and errors, as for gRPC or a protocol of your own.
export { peerAddress } from "../request/client-address";
export { type ExposedError, type HttpError, readHttpError } from "../request/http-error";
export { PROBLEM_TYPE, problemText } from "../request/problem";
export { requestIdFrom } from "../request/request-id";
export { traceHeaders, traceId } from "../request/trace-context";
export { watchAcceptQueue } from "../port/accept-queue";
export { bind, BindError, DUAL_STACK, type BindTarget } from "../port/bind";
export { endConnection } from "../port/end-connection";
export { createHttpService, type HttpServiceOptions } from "../port/http-service";
export { type PortBoundService } from "../port/service";
export { createTcpService, type TcpServiceOptions } from "../port/tcp-service";
