// The environment variables of a process that serves gRPC.
import { flag, httpVariables, integer, variable } from "berth/config";

// gRPC calls have no X-Forwarded-* headers.
const { TRUST_PROXY: _, ...portVariables } = httpVariables;

/** The variables of a gRPC process. */
export const grpcVariables = {
  ...portVariables,
  MAX_CONCURRENT_STREAMS: variable({
    schema: integer(1, 1_000_000),
    default: "100",
    about: "How many calls may be in flight on one gRPC connection; its client queues the rest.",
  }),
  GRPC_REFLECTION: variable({
    schema: flag,
    default: "true",
    about: "Whether to serve gRPC reflection, for tools such as grpcurl.",
  }),
};
