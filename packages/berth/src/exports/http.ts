// The middleware of an app, and the app as a service that owns its port.
export { createExpress, type ExpressOptions } from "../express/app";
export { about } from "../http/about";
export { accessLog } from "../http/access-log";
export {
  jsonBody,
  parseBody,
  parseForm,
  readBytes,
  type BodyOptions,
  type BytesOptions,
} from "../http/body";
export { createAppService, type AppServiceOptions } from "../http/app-service";
export { deadlineOf, refuseLate } from "../http/deadline";
export { defaultHeaders } from "../http/default-headers";
export { errorHandler } from "../http/error-handler";
export { livez, readyz, type HealthOptions } from "../http/health";
export { idempotent, type IdempotentOptions } from "../http/idempotent";
export { everyRequest } from "../http/every-request";
export { logContext } from "../http/log-context";
export { notFound } from "../http/not-found";
export { sendPage } from "../http/paging";
export { Problem, PROBLEM_TYPE, problemText, sendProblem } from "../http/problem";
export { refusals } from "../http/refusals";
export { relativeUrl } from "../http/relative-url";
export { requestId } from "../http/request-id";
export { requestValue, type RequestValue } from "../http/request-value";
export { strictHead } from "../http/strict-head";
export { parseParams, parseQuery } from "../http/validate";
