// The latest notes as an Atom feed. @see https://www.rfc-editor.org/rfc/rfc4287
import { createHash } from "node:crypto";
import type { Note } from "./notes";
import { element, type Element, writeDocument } from "./xml";

/** The feed's own data. */
export interface FeedFacts {
  /** The author of the notes. */
  author: string;
  /** The feed's URL, relative to the one requested. */
  self: string;
}

/** Writes the feed. */
export function toAtom(notes: readonly Note[], { author, self }: FeedFacts): string {
  const feed = element(
    "feed",
    { xmlns: "http://www.w3.org/2005/Atom" },
    text("id", toUrn(author)),
    text("title", "Notes"),
    time("updated", new Date(Math.max(0, ...notes.map(({ updatedAt }) => Number(updatedAt))))),
    element("author", {}, text("name", author)),
    element("link", { rel: "self", href: self }),
    ...notes.map((note) => toEntry(author, note)),
  );
  return writeDocument(feed);
}

const toEntry = (author: string, note: Note): Element =>
  element(
    "entry",
    {},
    text("id", toUrn(author, note.id, note.createdAt.toISOString())),
    text("title", note.title),
    time("published", note.createdAt),
    time("updated", note.updatedAt),
    text("content", note.body),
  );

const text = (name: string, value: string): Element => element(name, {}, value);
const time = (name: string, at: Date): Element => text(name, at.toISOString());

/**
 * An id that stays the same when the service moves: otherwise readers would show each note again.
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.8
 */
function toUrn(...names: string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(names)).digest("hex");
  const [a, b, c, d, e] = [
    [0, 8],
    [8, 12],
    [13, 16],
    [17, 20],
    [20, 32],
  ].map((of) => hex.slice(...of));
  return `urn:uuid:${a}-${b}-8${c}-a${d}-${e}`;
}
