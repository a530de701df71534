// Schemas for bodies and queries: valibot schemas that convert to JSON Schema.
export {
  describes,
  descriptionOf,
  type Description,
  type RouteDescription,
} from "../schema/description";
export {
  eventStream,
  type EventOf,
  type EventSchemas,
  type EventStream,
} from "../schema/event-stream";
export { explain } from "../schema/explain";
export {
  arrayOf,
  date,
  dateTime,
  id,
  integer,
  money,
  object,
  oneOf,
  someOf,
  text,
} from "../schema/fields";
export {
  file,
  streamedFile,
  type FileOptions,
  type StreamedFile,
  type UploadedFile,
} from "../schema/file";
export { type FileType } from "../schema/file-types";
export type {
  Examples,
  HeaderDescriptions,
  MediaType,
  ResponseDescription,
} from "../schema/response";
export { checkAs, toJsonSchema } from "../schema/json-schema";
export { pageCursor, type CursorValues } from "../schema/page-cursor";
export {
  pageQuery,
  queryBoolean,
  queryInteger,
  queryList,
  type PageQuery,
} from "../schema/query-fields";
