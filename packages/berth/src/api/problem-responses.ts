// What the document says of problems: one schema for all, and an example for each status.
import { STATUS_CODES } from "node:http";
import type { JsonSchema } from "./named-schemas";

/** Problem details, as every route may answer. @see https://www.rfc-editor.org/rfc/rfc9457 */
export const PROBLEM: JsonSchema = {
  title: "Problem",
  type: "object",
  properties: {
    type: {
      type: "string",
      description: "What kind of problem it is; `about:blank` when the status says it.",
    },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: { type: "string", description: "What is wrong with this very request." },
    requestId: { type: "string", description: "What the log calls the request." },
    errors: {
      type: "array",
      items: {
        type: "object",
        properties: {
          pointer: { type: "string", description: "Where in the body, as a JSON pointer." },
          parameter: { type: "string", description: "Which parameter of the query." },
          detail: { type: "string" },
        },
        required: ["detail"],
      },
    },
    omitted: { type: "integer", description: "How many faults are not listed, at least." },
  },
  required: ["type", "title", "status", "requestId"],
};

/** How a document tells of a problem. @param members What it has besides, if anything. */
export function problemResponse(when: string, status: number, members?: JsonSchema) {
  const problem = { $ref: "#/components/schemas/Problem" };
  const schema = members ? { allOf: [problem, members] } : problem;
  const errors = FAULTS[status];
  const example = {
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    ...(errors && { errors }),
    requestId: "3182d25c-3d38-49c4-937c-49bf693b078e",
  };
  return { description: when, content: { "application/problem+json": { schema, example } } };
}

/** As the checks of a query and a body tell them. */
const FAULTS: Readonly<Record<number, object[]>> = {
  400: [{ parameter: "limit", detail: "must be at least 1" }],
  422: [{ pointer: "/name", detail: "is required" }],
};
