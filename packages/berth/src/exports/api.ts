// Route descriptions, bearer tokens, response checks, the OpenAPI document and the page that shows it.
export { describeRoute, type Described } from "../api/describe-route";
export { apiDocs } from "../api/docs";
export {
  openApiDocument,
  undescribedRoutes,
  DescriptionError,
  type ApiInfo,
  type OpenApiDocument,
} from "../api/openapi";
export {
  requireToken,
  token,
  type Claims,
  type TokenOptions,
  type TokenVerifier,
} from "../api/require-token";
export { sendEvents, type EventRequest, type SendEventsOptions } from "../api/send-events";
export { setResponseChecks, type ResponseChecks } from "../api/response-checks";
