// The rate limit.
export { rateLimit, type RateLimitOptions } from "../http/rate-limit";
