// Parses payloads, and describes what is wrong with one without quoting it.
import {
  type BaseIssue,
  type GenericSchema,
  getDotPath,
  type InferOutput,
  safeParse,
} from "valibot";
import { explain } from "../schema/explain";
import { UnrecoverableError } from "./errors";
import type { JobType } from "./job-type";

/** The maximum number of issues in a message, which is stored with the job. */
const ISSUE_LIMIT = 20;

export const describeIssues = (issues: readonly BaseIssue<unknown>[]): string =>
  issues
    .slice(0, ISSUE_LIMIT)
    .map((issue) => `${getDotPath(issue) ?? "it"} ${explain(issue)}`)
    .join("; ");

/** @throws UnrecoverableError when it does not match the schema: a retry would fail in the same way. */
export function parsePayload<S extends GenericSchema>(
  type: JobType<S>,
  payload: unknown,
): InferOutput<S> {
  const { success, output, issues } = safeParse(type.payload, payload);
  if (success) return output;
  throw new UnrecoverableError(
    `The payload does not match the schema of the job ${type.name}: ${describeIssues(issues)}`,
  );
}
