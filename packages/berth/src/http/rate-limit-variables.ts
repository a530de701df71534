// The variable that says how many requests a client may send.
import { integer, optional, variable } from "../process/environment";

/** What a process reads that limits its clients. */
export const rateLimitVariables = {
  RATE_LIMIT_PER_MINUTE: variable({
    schema: optional(integer(1, 1_000_000, "requests")),
    example: "600",
    about:
      "How many requests one client may send in a minute: to each process, or with `REDIS_URL` to all of them. Without it, any number.",
  }),
};
