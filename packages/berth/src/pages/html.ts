// HTML as tagged templates: values are escaped for their context.
import type { Response } from "express";
import { contextsOf, type HtmlContext } from "./html-contexts";

/** HTML that is safe to send: made by `html` or `trustedHtml`. */
export class Html {
  /** @internal */
  constructor(private readonly text: string) {}

  /** The HTML's text. */
  toString(): string {
    return this.text;
  }
}

/** A value in a template: text and numbers are escaped; `false`, `null` and `undefined` render nothing. */
export type HtmlValue =
  Html | string | number | bigint | false | null | undefined | readonly HtmlValue[];

/**
 * Makes HTML: `` html`<p title="${title}">${text}</p>` ``. Text is escaped; a URL that would run a script becomes
 * `about:blank`.
 * @throws TypeError for a value in a context where escaping does not help: a script, a style, a comment, a name, an attribute
 *   without quotes or with code; and for a value that is not an `HtmlValue`, such as a promise.
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  let contexts = known.get(strings);
  if (!contexts) known.set(strings, (contexts = contextsOf(strings)));
  let text = strings[0] ?? "";
  for (const [i, value] of values.entries()) {
    text += insert(value, contexts[i] as HtmlContext) + (strings[i + 1] ?? "");
  }
  return new Html(text);
}

/** The contexts by template: each evaluation of a template passes the same array. */
const known = new WeakMap<TemplateStringsArray, HtmlContext[]>();

/** Marks HTML from a source that you trust as safe, such as sanitized output of a Markdown library, or your own SVG. */
export const trustedHtml = (text: string): Html => new Html(text);

/** Responds with a page, which only private caches may store, and must revalidate, unless you set `Cache-Control`. */
export function sendHtml(res: Response, page: Html): void {
  if (!res.hasHeader("Cache-Control")) res.set("Cache-Control", "private, no-cache");
  res.type("html").send(String(page));
}

function insert(value: HtmlValue, context: HtmlContext): string {
  if (value === false || value === null || value === undefined) return "";
  if (value instanceof Html) {
    return context.place === "attribute" ? escapeHtml(String(value)) : String(value);
  }
  if (Array.isArray(value)) {
    return (value as readonly HtmlValue[]).map((item) => insert(item, context)).join("");
  }
  if (context.place === "tag") throw new TypeError(NOT_IN_TAG);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "string") throw new TypeError(`A template cannot show ${kindOf(value)}.`);
  const isUnsafe = context.place === "attribute" && context.isUrlStart && runsScript(value);
  return escapeHtml(isUnsafe ? "about:blank" : value);
}

const NOT_IN_TAG =
  "A value between attributes must be html: ${isOpen && html`open`}, or stand in quotes after a name.";

const kindOf = (value: unknown): string =>
  value instanceof Promise ? "a promise: await it" : `a value of type ${typeof value}`;

const SPECIAL = /[&<>"'`]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

const escapeHtml = (text: string): string => text.replace(SPECIAL, (char) => ESCAPES[char] ?? char);

/** Schemes that cannot run a script in this page, and `data:` images. */
const SAFE_URL = /^(https?|mailto|tel|sms):|^data:image\/(avif|gif|jpeg|png|webp)[;,]/i;

/**
 * Whether a URL has a scheme that may run a script, such as `javascript`. Browsers skip control characters in it.
 * @see https://url.spec.whatwg.org/#url-parsing
 */
function runsScript(url: string): boolean {
  const plain = url.replace(/[\0-\x20]/g, "");
  return /^[^/?#]*:/.test(plain) && !SAFE_URL.test(plain);
}
