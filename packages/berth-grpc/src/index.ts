// gRPC services on their own port, in a process with the life cycle of any other.
export { CallError } from "./call-error";
export type { Handler, RpcService } from "./handlers";
export { loadProtos, messageIn, type Protos, serviceIn } from "./protos";
export { createGrpcService, type GrpcServiceOptions } from "./service";
export { parseMessage } from "./validate";
