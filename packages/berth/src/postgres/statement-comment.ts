// Adds the request's id and trace to SQL statements as a comment (sqlcommenter), so that PostgreSQL's log names the request.
import { currentContext } from "../process/work-context";

/**
 * Appends the current request's propagated headers as a comment; outside of a request, returns the statement as it is.
 * @see https://google.github.io/sqlcommenter/spec/
 */
export function withComment(text: string): string {
  const headers = currentContext()?.headersToPropagate?.();
  if (!headers) return text;
  const tags = Object.keys(headers)
    .sort()
    .map((name) => `${name}='${encode(headers[name] as string)}'`);
  return tags.length > 0 ? `${text} /*${tags.join(",")}*/` : text;
}

/** Encodes what could end the quotes or the comment (SQL injection). Ids are usually plain. */
const encode = (value: string): string =>
  PLAIN.test(value)
    ? value
    : encodeURIComponent(value).replaceAll("'", "%27").replaceAll("*", "%2A");

const PLAIN = /^[\w.~-]*$/;
