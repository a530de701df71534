// The variables of an app's optional parts.
import { flag, integer, optional, variable } from "../process/environment";

/** For `apiDocs`. */
export const apiVariables = {
  API_DOCS: variable({
    schema: flag,
    default: "true",
    about: "Whether to serve the API's documentation at `/docs` and `/openapi.json`.",
  }),
};

/** For `rateLimit`. */
export const rateLimitVariables = {
  RATE_LIMIT_PER_MINUTE: variable({
    schema: optional(integer(1, 1_000_000, "requests")),
    example: "600",
    about:
      "How many requests one client may send per minute: to each process, or with `REDIS_URL` to all of them. Unlimited if unset.",
  }),
};
