// Environment variables: Berth's, and how to declare your own.
export { postgresVariables } from "../postgres/variables";
export { redisVariables } from "../redis/url";
export { serviceUrl } from "../client/url";
export { tokenVariables, optionalTokenVariables } from "../tokens/variables";
export { apiVariables, rateLimitVariables } from "../http/variables";
export { sessionVariables } from "../pages/variables";
export {
  ConfigError,
  type ConfigOf,
  type Environment,
  exampleEnvironment,
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
export { backgroundVariables, httpVariables, processVariables } from "../process/variables";
