// The middleware of an app, and the app as a port-bound service.
export { createExpress, type ExpressOptions } from "../express/app";
export { accessLog } from "../http/access-log";
export { createAppService, type AppServiceOptions } from "../http/app-service";
export { jsonBody, parseBody, readBytes, type BytesOptions } from "../http/body";
export { defaultHeaders } from "../http/default-headers";
export { errorHandler } from "../http/error-handler";
export { everyRequest, refuseLate } from "../http/every-request";
export { multipart, parseForm, type MultipartOptions } from "../http/form";
export { idempotent, type IdempotentOptions } from "../http/idempotent";
export { logContext } from "../http/log-context";
export { notFound } from "../http/not-found";
export { sendPage } from "../http/paging";
export {
  setProblemPage,
  type ProblemDetails,
  type ProblemPage,
  type ProblemPageOptions,
} from "../http/problem-page";
export { refusals } from "../http/refusals";
export { relativePath, relativeUrl } from "../http/relative-url";
export type { DownloadOptions } from "../http/download-headers";
export { sendFile, type SendFileOptions } from "../http/send-file";
export { sendCsv, sendNdjson, type SendCsvOptions } from "../http/send-rows";
export { sendProblem } from "../http/send-problem";
export {
  sendUpstream,
  type UpstreamConditions,
  type UpstreamResponse,
} from "../http/send-upstream";
export { about, livez, readyz, type HealthOptions } from "../http/service-routes";
export { strictHead } from "../http/strict-head";
export { deadlineOf } from "../request/deadline";
export type { HttpError } from "../request/http-error";
export { Problem, PROBLEM_TYPE, problemText } from "../request/problem";
export { requestId } from "../request/request-id";
export { requestValue, type RequestValue } from "../request/request-value";
export { type BodyOptions, type FormOptions } from "../schema/description";
export { parseParams, parseQuery } from "../schema/validate";
