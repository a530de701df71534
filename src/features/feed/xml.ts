// Writes XML: elements are values, which become text only here.

/** An element; its text may be any text. */
export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly (Element | string)[];
}

/** Creates an element. */
export const element = (
  name: string,
  attributes: Element["attributes"],
  ...children: Element["children"]
): Element => ({ name, attributes, children });

/** Returns the whole document, in UTF-8. */
export const writeDocument = (root: Element): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n${write(root)}\n`;

function write(node: Element | string): string {
  if (typeof node === "string") return escape(node);
  const { name, attributes, children } = node;
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(value)}"`);
  return `<${name}${written.join("")}>${children.map(write).join("")}</${name}>`;
}

/** Characters with a meaning in markup, and white space that parsers would normalize. */
const MARKUP = /[&<>"\t\n\r]/g;

/** Characters that XML cannot contain in any form. @see https://www.w3.org/TR/xml/#charsets */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const escape = (text: string): string =>
  text.replace(FORBIDDEN, "\ufffd").replace(MARKUP, (character) => `&#${character.charCodeAt(0)};`);
