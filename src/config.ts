// Your variables: type, unit, default, cure; each process reads its own. Pure.
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

/** What the web process reads. */
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
/** What the gRPC process reads. */
export const grpcVariables = {
  ...ownGrpcVariables,
  ...postgresVariables,
  ...telemetryVariables, // part: telemetry
};
// end: grpc

// begin: feed
/** What the feed process reads. */
export const feedVariables = {
  ...httpVariables,
  ...apiVariables, // part: docs
  ...telemetryVariables, // part: telemetry
  NOTES_URL: serviceUrl({
    about:
      "Where the notes are that the feed shows: another process of this service, or any that has such notes.",
    example: "http://localhost:5000",
  }),
};
// end: feed

/** What the release process reads: a variable that only `web` needs does not keep it from migrating. */
export const releaseVariables = {
  ...processVariables,
  DATABASE_URL: postgresVariables.DATABASE_URL,
};

export type Config = ConfigOf<typeof webVariables>;
