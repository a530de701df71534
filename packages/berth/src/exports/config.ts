// Variables: those of Berth, and how to declare your own.
export { apiVariables } from "../api/variables";
export { postgresVariables } from "../backing/postgres-variables";
export { redisVariables } from "../backing/redis-variables";
export { serviceUrl } from "../backing/service-variables";
export { tokenVariables, optionalTokenVariables } from "../backing/token-variables";
export { rateLimitVariables } from "../http/rate-limit-variables";
export {
  ConfigError,
  type ConfigOf,
  type Environment,
  flag,
  integer,
  mayBeUnset,
  nonEmpty,
  oneOf,
  optional,
  readEnvironment,
  variable,
  type Variable,
  type Variables,
} from "../process/environment";
export { httpVariables, processVariables } from "../process/variables";
