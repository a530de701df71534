// Environment variables: Berth's, and how to declare your own.
export { postgresVariables } from "../backing/postgres-variables";
export { redisVariables } from "../backing/redis-variables";
export { serviceUrl } from "../backing/service-variables";
export { tokenVariables, optionalTokenVariables } from "../backing/token-variables";
export { apiVariables, rateLimitVariables } from "../http/variables";
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
