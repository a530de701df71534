// Names of generated code: validated, in singular and plural, in the spellings of code, paths, tables and prose.
import { Script } from "node:vm";
import { pluralize, singularize } from "inflection";
import { UsageError } from "port-contract/args";

/** A name's words, in lower case. */
export type Words = readonly string[];

/** The name of a feature. */
export interface FeatureName {
  singular: Words;
  plural: Words;
}

/** The maximum length: PostgreSQL would truncate the constraint names of longer ones. */
const MAX_LENGTH = 40;
const NAME = /^[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*$/;

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export const pascal = (words: Words): string => words.map(capitalized).join("");
export const camel = ([first = "", ...rest]: Words): string => first + pascal(rest);
export const kebab = (words: Words): string => words.join("-");
export const snake = (words: Words): string => words.join("_");
export const prose = (words: Words): string => words.join(" ");
export const sentence = (words: Words): string => capitalized(prose(words));

/** `a note`, `an order`, `a user`. */
export const withArticle = (words: Words): string =>
  `${/^(?!uni|use|usu|uti|eu|one)[aeiou]|^(hour|heir|honest|honou?r)/.test(words[0] ?? "") ? "an" : "a"} ${prose(words)}`;

/** Splits `orderLines`, `order-lines` and `order_lines`. */
export const wordsOf = (name: string): Words =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[-_]/);

/** For messages: an argument may be long. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** @throws UsageError when it is not a name, or a reserved word in JavaScript. */
export function parseName(name: string): Words {
  if (!NAME.test(name) || name.length > MAX_LENGTH) {
    throw new UsageError(
      `${quoted(name)} is not a name: use at most ${MAX_LENGTH} of a-z, 0-9 and -, such as order-lines`,
    );
  }
  return wordsOf(name);
}

/** Whether a variable cannot, or should not, have this name. */
function isReserved(name: string): boolean {
  if (name in {} || name === "prototype" || name === "undefined") return true;
  try {
    return !new Script(`"use strict"; async () => { const ${name} = 0; }`);
  } catch {
    return true;
  }
}

/** Rejects a reserved word. @param cure What to do instead. @throws UsageError */
export function refuseReserved(words: Words, cure: string): void {
  if (!isReserved(camel(words))) return;
  throw new UsageError(`"${camel(words)}" is a reserved word in JavaScript: ${cure}`);
}

/**
 * Parses a feature's name, in singular or plural.
 * @param singular The singular, if it is irregular.
 * @throws UsageError when it cannot be used.
 */
export function parseFeatureName(name: string, singular?: string): FeatureName {
  const words = parseName(name);
  const one = singular === undefined ? inflected(words, singularize) : parseName(singular);
  const many =
    singular === undefined || kebab(words) === kebab(one) ? inflected(one, pluralize) : words;
  if (kebab(one) === kebab(many)) {
    throw new UsageError(
      `"${prose(many)}" is its own singular, but the code needs two names: give one, such as --singular ${kebab(one)}-item`,
    );
  }
  const cure = `choose another name, or give a singular, such as --singular ${kebab(one)}-item`;
  refuseReserved(one, cure);
  refuseReserved(many, cure);
  return { singular: one, plural: many };
}

const inflected = (words: Words, inflect: (word: string) => string): Words => [
  ...words.slice(0, -1),
  inflect(words.at(-1) ?? ""),
];

/** The singular of a table's name. */
export const singularOf = (table: string): Words => inflected(wordsOf(table), singularize);
