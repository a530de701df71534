// Says in a statement whom it is for, so that PostgreSQL's own log names the request.
import { currentContext, keepWorkContextsIfFree } from "../process/work-context";

// Whoever has a database wants its log to say whom a statement is for, but not for a quarter of its speed.
keepWorkContextsIfFree();

/**
 * The statement with what calls to other services take along, too, as a comment; as it is outside of a context.
 * @see https://google.github.io/sqlcommenter/spec/
 */
export function withComment(text: string): string {
  const travels = Object.entries(currentContext()?.travels?.() ?? {});
  if (travels.length === 0) return text;
  const tags = travels.map(([name, value]) => `${name}='${quoted(value)}'`).sort();
  return `${text} /*${tags.join(",")}*/`;
}

/** Nothing that could end the quotes or the comment. */
const quoted = (value: string): string =>
  encodeURIComponent(value).replaceAll("'", "%27").replaceAll("*", "%2A");
