// Calls to other services.
export { ServiceError, ServiceProblem, type ServiceFailure } from "../client/errors";
export { createServiceClient, type ServiceClient } from "../client/service-client";
export type {
  Call,
  Content,
  RequestCall,
  RequestToSign,
  ResponseBodyOf,
  ServiceClientOptions,
  ServiceResponse,
  ServiceStream,
  Sign,
  StreamCall,
} from "../client/types";
