// Variables: those of Berth, and how to declare your own.
export { apiVariables } from "../api/variables";
export { postgresVariables } from "../postgres/variables";
export { redisVariables } from "../redis/url";
export { serviceUrl } from "../client/url";
export { tokenVariables, optionalTokenVariables } from "../tokens/variables";
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
