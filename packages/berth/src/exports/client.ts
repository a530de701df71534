// Calls to other services.
export {
  createServiceClient,
  type AnswerOf,
  type Call,
  type ServiceClient,
  type ServiceClientOptions,
} from "../backing/service-client";
export { ServiceError, ServiceProblem, type ServiceFailure } from "../backing/service-errors";
