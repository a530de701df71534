// Calls to other services.
export { ServiceError, ServiceProblem, type ServiceFailure } from "../client/errors";
export { createServiceClient, type ServiceClient } from "../client/service-client";
export type { Call, ResponseBodyOf, ServiceClientOptions } from "../client/types";
