// Calls to other services.
export { ServiceError, ServiceProblem, type ServiceFailure } from "../client/errors";
export { createServiceClient, type ServiceClient } from "../client/service-client";
export type { AnswerOf, Call, ServiceClientOptions } from "../client/types";
