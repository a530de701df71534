// Finds the messages of a program in its source, to check that what pages quote is what it says.
import ts from "typescript";

/** A text of the program, which may have parts that are computed. */
export interface Message {
  pattern: RegExp;
  /** How many of its characters are not computed. */
  fixed: number;
}

/** The texts in a source file, line by line. */
export function messagesIn(source: string): Message[] {
  const messages: Message[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) add([node.text]);
    if (ts.isTemplateExpression(node)) {
      const rest = node.templateSpans.map(({ expression, literal }) => [expression, literal.text]);
      add([node.head.text, ...rest.flat()]);
    }
    ts.forEachChild(node, visit);
  };
  const add = (parts: (string | ts.Expression)[]): void => {
    const lines: (string | ts.Expression)[][] = [[]];
    for (const part of parts) {
      const [first = "", ...others] = typeof part === "string" ? part.split("\n") : [part];
      lines.at(-1)!.push(first);
      for (const other of others) lines.push([other]);
    }
    messages.push(...lines.map(toMessage));
  };
  visit(ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest));
  return messages;
}

function toMessage(parts: (string | ts.Expression)[]): Message {
  const texts = parts.filter((part) => typeof part === "string");
  const pattern = parts.map((part) => (typeof part === "string" ? escape(part) : computed(part)));
  return { pattern: new RegExp(`^${pattern.join("")}$`), fixed: texts.join("").length };
}

/** A part that is computed: an id, a number, a few words. */
const ANY = "[^,;]+";

/** Either text of `isOne ? "one" : "other"`; otherwise anything. */
function computed(part: ts.Expression): string {
  if (!ts.isConditionalExpression(part)) return ANY;
  const [yes, no] = [part.whenTrue, part.whenFalse];
  if (!ts.isStringLiteralLike(yes) || !ts.isStringLiteralLike(no)) return ANY;
  return `(?:${escape(yes.text)}|${escape(no.text)})`;
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether the program may say this. Texts that could be almost anything prove nothing. */
export const isMessage = (text: string, messages: readonly Message[]): boolean =>
  messages.some(
    ({ pattern, fixed }) =>
      fixed > text.length / 4 && !pattern.source.includes(`${ANY} ${ANY}`) && pattern.test(text),
  );
