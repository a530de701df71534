// Classifies an error for a label or attribute: few values, independent of its message.

interface Thrown {
  /** In errors of PostgreSQL and Node. */
  code?: unknown;
  /** In a ServiceError. */
  failure?: unknown;
  /** In a ServiceProblem. */
  problem?: { status?: unknown };
  name?: unknown;
}

/** A SQLSTATE, a code such as `ECONNREFUSED`, or a name. */
const SHORT = /^[A-Za-z0-9_]{1,40}$/;

/** OpenTelemetry's `error.type`; empty without an error. */
export function errorType(err: unknown): string {
  if (err === undefined || err === null) return "";
  const { code, failure, problem, name } = Object(err) as Thrown;
  const texts = [problem?.status, failure, code, name].filter(
    (value) => typeof value === "string" || typeof value === "number",
  );
  return texts.map(String).find((text) => SHORT.test(text)) ?? "_OTHER";
}
