// Calls to other services.
export {
  createServiceClient,
  type AnswerOf,
  type Call,
  type ServiceClient,
  type ServiceClientOptions,
} from "../client/service-client";
export { ServiceError, ServiceProblem, type ServiceFailure } from "../client/errors";
