// Finds the context of each value in an HTML template, and rejects contexts in which escaping does not help.

/** The context of a value. */
export type HtmlContext =
  | { place: "text" }
  /** Between the attributes of a tag. */
  | { place: "tag" }
  /** In a quoted attribute. */
  | { place: "attribute"; isUrlStart: boolean };

/** Elements whose content is text, up to their end tag. */
const TEXT_ONLY = /^(title|textarea|style|script|iframe|noembed|noframes|xmp)$/;
/** Those that may contain values, because entities are decoded there. */
const ESCAPABLE = /^(title|textarea)$/;
/** In an attribute, these would end an element for some parsers, but not for others. */
const HIDDEN_END =
  /<\/(?:title|textarea|style|script|iframe|noembed|noframes|noscript|xmp|svg|math)/i;
const URL_ATTRIBUTE = /^(href|src|action|formaction|poster|cite|data|background|ping|xlink:href)$/;
/** Attributes whose text is a script, a style or a whole page. */
const CODE_ATTRIBUTE = /^(on.*|style|srcdoc)$/;

type State =
  | { in: "text" | "comment" | "declaration" }
  | { in: "tag"; element: string }
  | { in: "content"; element: string }
  | { in: "attribute"; element: string; name: string; quote: string; text: string };

/** The state after a step, and the text that is left. */
type Step = [state: State, rest: string];

/**
 * The context of each value of a tagged template.
 * @throws TypeError when a value is in a script, a style, a comment, a name, or an attribute without quotes; when the
 *   template ends inside a tag; and for HTML that browsers parse in different ways.
 * @see https://html.spec.whatwg.org/multipage/parsing.html#tokenization
 */
export function contextsOf(strings: readonly string[]): HtmlContext[] {
  let state: State = TEXT;
  /** The open `svg` and `math` elements, in which scripts are parsed as tags. */
  const foreign: string[] = [];
  const contexts: HtmlContext[] = [];
  strings.forEach((text, index) => {
    let rest = text;
    while (rest !== "") [state, rest] = step(state, rest, foreign);
    if (index < strings.length - 1) contexts.push(contextAt(state, text));
  });
  if (state.in !== "text") throw new TypeError(`The template ends inside of ${placeOf(state)}.`);
  return contexts;
}

function placeOf(state: State): string {
  if (state.in === "content") return `<${state.element}>`;
  return state.in === "attribute" ? "an attribute" : `a ${state.in}`;
}

const TEXT: State = { in: "text" };

/** Reads up to where the state changes. */
function step(state: State, text: string, foreign: string[]): Step {
  switch (state.in) {
    case "text":
      return stepInText(text, foreign);
    case "comment":
      return upTo(/--!?>/, state, text);
    case "declaration":
      return upTo(/>/, state, text);
    case "content":
      return stepInContent(state.element, text);
    case "tag":
      return stepInTag(state.element, text, foreign);
    case "attribute": {
      const end = text.indexOf(state.quote);
      const part = end < 0 ? text : text.slice(0, end);
      if (HIDDEN_END.test(part))
        throw new TypeError(`${state.name} contains an end tag: escape it`);
      if (end < 0) return [{ ...state, text: state.text + part }, ""];
      return [{ in: "tag", element: state.element }, text.slice(end + 1)];
    }
  }
}

/** To text, after the match. */
function upTo(end: RegExp, state: State, text: string): Step {
  const match = end.exec(text);
  return match ? [TEXT, after(match, text)] : [state, ""];
}

const after = (match: RegExpExecArray, text: string): string =>
  text.slice(match.index + match[0].length);

function stepInText(text: string, foreign: string[]): Step {
  const start = /<(?:!--(?:-?>)?|!\[CDATA\[|[!?]|\/(?![a-z>])|(\/?)([a-z][^\s/>]*))/i.exec(text);
  if (!start) return [TEXT, ""];
  const [found, slash, name] = start;
  const rest = after(start, text);
  if (name === undefined) {
    if (found.endsWith("[")) throw new TypeError("CDATA is text for some browsers only: escape it");
    if (found.endsWith(">")) return [TEXT, rest];
    return [{ in: found === "<!--" ? "comment" : "declaration" }, rest];
  }
  const element = name.toLowerCase();
  if (slash === "") return [{ in: "tag", element }, rest];
  if (foreign.at(-1) === element) foreign.pop();
  return [{ in: "tag", element: "" }, rest];
}

function stepInContent(element: string, text: string): Step {
  const end = new RegExp(`</${element}(?=[\\s/>])`, "i").exec(text);
  const content = end ? text.slice(0, end.index) : text;
  // Within SVG, it would be a tag.
  if (element !== "script" && content.includes("<")) {
    throw new TypeError(`<${element}> contains a <: escape it`);
  }
  return end ? [{ in: "tag", element: "" }, after(end, text)] : [{ in: "content", element }, ""];
}

/** An attribute's name and its opening quote; a whole attribute without quotes; or the text between attributes. */
const PART = /^(?:([^\s=>/"']+)\s*=\s*(["'])|[^\s=>/]+(?:\s*=\s*[^\s>"']*)?|[^>])/;

function stepInTag(element: string, text: string, foreign: string[]): Step {
  if (!text.startsWith(">")) {
    const [part = "", name, quote] = PART.exec(text) ?? [];
    const rest = text.slice(part.length);
    if (name === undefined || quote === undefined) {
      if (/["']/.test(part)) throw new TypeError(`<${element}> has a quote that opens nothing`);
      const isEmpty = part === "/" && rest.startsWith(">") && /^(svg|math)$/.test(element);
      return [{ in: "tag", element: isEmpty ? "" : element }, rest];
    }
    return [{ in: "attribute", element, name: name.toLowerCase(), quote, text: "" }, rest];
  }
  const rest = text.slice(1);
  if (element === "svg" || element === "math") foreign.push(element);
  const isScriptInForeign = element === "script" && foreign.length > 0;
  if (isScriptInForeign || element === "plaintext") {
    throw new TypeError(`<${element}> cannot stand here: leave it out`);
  }
  return [TEXT_ONLY.test(element) ? { in: "content", element } : TEXT, rest];
}

/** @param text The template's text between the previous value and this one. */
function contextAt(state: State, text: string): HtmlContext {
  const refuse = (place: string): never => {
    const before = JSON.stringify(text.slice(-40));
    throw new TypeError(`A value after ${before} stands ${place}.`);
  };
  switch (state.in) {
    case "text":
      if (/<[!/?-]*$/.test(text)) return refuse("in the name of a tag");
      return { place: "text" };
    case "comment":
    case "declaration":
      return refuse(`in a ${state.in}: move it out`);
    case "content":
      if (ESCAPABLE.test(state.element)) return { place: "text" };
      return refuse(`in <${state.element}>: put it into a data- attribute, which a script reads`);
    case "tag":
      if (/=\s*$/.test(text)) return refuse("in an attribute without quotes: add them");
      if (/[^\s"']$/.test(text)) return refuse("in the name of a tag or an attribute");
      return { place: "tag" };
    case "attribute":
      if (CODE_ATTRIBUTE.test(state.name)) {
        return refuse(`in ${state.name}: use a class, or a data- attribute that a script reads`);
      }
      return {
        place: "attribute",
        isUrlStart: URL_ATTRIBUTE.test(state.name) && state.text.trim() === "",
      };
  }
}
