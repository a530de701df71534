// Your environment variables: type, unit, default. Add one to the process that reads it, then run `npm run docs`.
import {
  apiVariables,
  type ConfigOf,
  httpVariables,
  optionalTokenVariables,
  postgresVariables,
  processVariables,
  rateLimitVariables,
  redisVariables,
  serviceUrl,
} from "berth/config";
import { grpcVariables as ownGrpcVariables } from "berth-grpc/config";
import { telemetryVariables } from "berth-telemetry/config";

/** The variables of the web process. */
export const webVariables = {
  ...httpVariables,
  ...apiVariables, // part: docs
  ...postgresVariables,
  ...rateLimitVariables, // part: limits
  ...redisVariables, // part: limits
  ...optionalTokenVariables, // part: tokens
  ...telemetryVariables, // part: telemetry
  // GREETING: variable({ schema: nonEmpty(), default: "Ahoy", about: "How visitors are greeted." }),
};

// begin: grpc
/** The variables of the gRPC process. */
export const grpcVariables = {
  ...ownGrpcVariables,
  ...postgresVariables,
  ...telemetryVariables, // part: telemetry
};
// end: grpc

// begin: feed
/** The variables of the feed process. */
export const feedVariables = {
  ...httpVariables,
  ...apiVariables, // part: docs
  ...telemetryVariables, // part: telemetry
  NOTES_URL: serviceUrl({
    about:
      "The URL of the notes that the feed shows: another process of this service, or any service with such notes.",
    example: "http://localhost:5000",
  }),
};
// end: feed

/** The variables of the release process: it can migrate even if a variable that only `web` needs is invalid. */
export const releaseVariables = {
  ...processVariables,
  DATABASE_URL: postgresVariables.DATABASE_URL,
};

export type Config = ConfigOf<typeof webVariables>;
