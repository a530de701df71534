// Helpers for tests of a service: apps, databases, processes, tokens.
export {
  createTestApp,
  createTestLogger,
  problem,
  type LogLine,
  type TestApp,
  type TestAppOptions,
} from "../testing/app";
export { atEnd, emptyFolder } from "../testing/cleanup";
export { spawnEmbeddedPostgres, type EmbeddedPostgres } from "../testing/embedded-postgres";
export { createTestKey, signToken, startIssuer } from "../testing/issuer";
export { jsonSchemaOf } from "../testing/json-schema";
export { startMigratedPostgres, startTestPostgres, type TestPostgres } from "../testing/postgres";
export {
  asServer,
  fetchAlone,
  startCommand,
  startProcess,
  startSource,
  stopProcesses,
  untilListening,
  type TestProcess,
  type TestServer,
} from "../testing/process";
export { connectRaw } from "../testing/raw-client";
export { createTestRedis, describeWithRedis, type TestRedis } from "../testing/redis";
export { type LoadedFiles, recordLoadedFiles } from "../testing/loaded-files";
export { holdTimeouts, watchTimeouts } from "../testing/timers";
export { typeErrorsIn } from "../testing/type-errors";
export { startUpstream, type TestUpstream, type UpstreamRequest } from "../testing/upstream";
export { inTime } from "../testing/waits";
