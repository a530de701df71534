// Adds the request's ids to SQL statements, so that PostgreSQL's log names the request (sqlcommenter).
import { currentContext } from "../process/work-context";

/**
 * Appends the headers that the work context propagates, as a comment; outside of a context, returns the statement as it is.
 * @see https://google.github.io/sqlcommenter/spec/
 */
export function withComment(text: string): string {
  const headers = currentContext()?.headersToPropagate?.();
  if (!headers) return text;
  const tags = Object.keys(headers)
    .sort()
    .map((name) => `${name}='${quoted(headers[name] as string)}'`);
  return tags.length > 0 ? `${text} /*${tags.join(",")}*/` : text;
}

/** Encodes what could end the quotes or the comment; ids are usually plain. */
const quoted = (value: string): string =>
  PLAIN.test(value)
    ? value
    : encodeURIComponent(value).replaceAll("'", "%27").replaceAll("*", "%2A");

const PLAIN = /^[\w.~-]*$/;
