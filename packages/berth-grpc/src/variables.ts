// The variables of a process that serves gRPC on a port.
import { flag, httpVariables, integer, variable } from "berth/config";

// Who forwards a call is no matter of headers here.
const { TRUST_PROXY: _, ...portVariables } = httpVariables;

/** What a process reads that serves gRPC. */
export const grpcVariables = {
  ...portVariables,
  MAX_CONCURRENT_STREAMS: variable({
    schema: integer(1, 1_000_000),
    default: "100",
    about:
      "How many calls of one gRPC connection may be in flight; its client holds back the rest.",
  }),
  GRPC_REFLECTION: variable({
    schema: flag,
    default: "true",
    about: "Whether reflection tells tools such as grpcurl what can be called.",
  }),
};
