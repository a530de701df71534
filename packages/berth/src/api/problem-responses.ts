// The document's problem responses: one schema for all, and an example for each status.
import { STATUS_CODES } from "node:http";
import type { JsonSchema } from "./named-schemas";

/** The schema of problem details, which every route may respond with. @see https://www.rfc-editor.org/rfc/rfc9457 */
export const PROBLEM: JsonSchema = {
  title: "Problem",
  type: "object",
  properties: {
    type: {
      type: "string",
      description: "The type of the problem; `about:blank` if the status says it all.",
    },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: { type: "string", description: "What is wrong with this request." },
    requestId: { type: "string", description: "The id of the request in the log." },
    errors: {
      type: "array",
      items: {
        type: "object",
        properties: {
          pointer: { type: "string", description: "Where in the body, as a JSON pointer." },
          parameter: { type: "string", description: "Which query parameter." },
          detail: { type: "string" },
        },
        required: ["detail"],
      },
    },
    omitted: { type: "integer", description: "How many more errors there are, at least." },
  },
  required: ["type", "title", "status", "requestId"],
};

/**
 * Describes the response for a problem.
 * @param when When the route responds with it.
 * @param members The schema of additional members.
 * @param errors An example of what fails the validation.
 */
export function problemResponse(
  when: string,
  status: number,
  { members, errors }: { members?: JsonSchema; errors?: object[] } = {},
) {
  const problem = { $ref: "#/components/schemas/Problem" };
  const schema = members ? { allOf: [problem, members] } : problem;
  const example = {
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    ...(errors && { errors }),
    requestId: "3182d25c-3d38-49c4-937c-49bf693b078e",
  };
  return { description: when, content: { "application/problem+json": { schema, example } } };
}

/** Example errors of the validation of a query and of a body. */
const ERRORS: Readonly<Record<number, object[]>> = {
  400: [{ parameter: "limit", detail: "must be at least 1" }],
  422: [{ pointer: "/name", detail: "is required" }],
};

/** The response for a failed validation. `berth fuzz` tells it by the example's `errors` from a problem that the route describes. */
export const validationResponse = (when: string, status: number) =>
  problemResponse(when, status, { errors: ERRORS[status] });
