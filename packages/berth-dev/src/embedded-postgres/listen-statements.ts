// Recognizes the statements that change what a connection listens to, in its messages.
import { typeOf } from "./client-messages";
import { splitMessages } from "./messages";

/** A change of the channels of a connection: `UNLISTEN *` and `DISCARD ALL` have no channel. */
export interface ChannelChange {
  kind: "listen" | "unlisten";
  channel: string | undefined;
}

/** Strings, quoted identifiers, bodies of functions and comments, which may contain anything; and what separates statements. */
const TOKENS =
  /\be'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[^]*?\$\1\$|--[^\n]*|\/\*[^]*?\*\/|;|[^]/gi;
const STATEMENT = /^\s*(listen|unlisten|discard)\s+(?:(\*)|"((?:[^"]|"")+)"|([^\s"*]+))\s*$/i;

/** The most bytes of an identifier. */
const MAX_NAME_BYTES = 63;

/** The changes that the statements of `sql` ask for, in order. */
export function changesIn(sql: string): ChannelChange[] {
  if (!/listen|discard/i.test(sql)) return [];
  const statements = [""];
  for (const [token] of sql.matchAll(TOKENS)) {
    if (token === ";") statements.push("");
    else statements[statements.length - 1] += /^(--|\/\*)/.test(token) ? " " : token;
  }
  return statements.flatMap((statement) => changeOf(statement) ?? []);
}

function changeOf(statement: string): ChannelChange | undefined {
  const [, verb = "", all, quoted, plain = ""] = STATEMENT.exec(statement) ?? [];
  if (/^discard$/i.test(verb))
    return /^all$/i.test(plain) ? { kind: "unlisten", channel: undefined } : undefined;
  if (verb === "") return undefined;
  const name = quoted?.replaceAll('""', '"') ?? plain.toLowerCase();
  const channel = Buffer.from(name).toString("utf8", 0, MAX_NAME_BYTES);
  const kind = /^listen$/i.test(verb) ? "listen" : "unlisten";
  return { kind, channel: all === undefined ? channel : undefined };
}

/** Creates what reads the units of one connection: it knows prepared statements, and portals that are bound to them. */
export function createChangeReader(): (unit: Buffer) => ChannelChange[] {
  const statements = new Map<string, ChannelChange[]>();
  const portals = new Map<string, ChannelChange[]>();
  return (unit) =>
    splitMessages(unit).flatMap((message) => {
      const [first = "", second = ""] = message.toString("utf8", 5).split("\0", 2);
      const type = typeOf(message);
      if (type === "Q") return changesIn(first);
      if (type === "P") keep(statements, first, changesIn(second));
      if (type === "B") keep(portals, first, statements.get(second) ?? []);
      return type === "E" ? (portals.get(first) ?? []) : [];
    });
}

function keep(map: Map<string, ChannelChange[]>, name: string, changes: ChannelChange[]): void {
  if (changes.length > 0) map.set(name, changes);
  else map.delete(name);
}
