// Says in a statement whom it is for, so that PostgreSQL's own log names the request.
import { currentContext } from "../process/work-context";

/**
 * The statement with what calls to other services take along, too, as a comment; as it is outside of a context.
 * @see https://google.github.io/sqlcommenter/spec/
 */
export function withComment(text: string): string {
  const travels = currentContext()?.travels?.();
  if (!travels) return text;
  const tags = Object.keys(travels)
    .sort()
    .map((name) => `${name}='${quoted(travels[name] as string)}'`);
  return tags.length > 0 ? `${text} /*${tags.join(",")}*/` : text;
}

/** Nothing that could end the quotes or the comment; ids as a rule have nothing to look at. */
const quoted = (value: string): string =>
  PLAIN.test(value)
    ? value
    : encodeURIComponent(value).replaceAll("'", "%27").replaceAll("*", "%2A");

const PLAIN = /^[\w.~-]*$/;
