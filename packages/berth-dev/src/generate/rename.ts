// Renames the sample's notes in a TypeScript file: in identifiers, SQL, paths and prose, each in its spelling.
import { UsageError } from "port-contract/args";
import {
  camel,
  type FeatureName,
  kebab,
  pascal,
  prose,
  sentence,
  withArticle,
  type Words,
} from "./names";
import { sqlNameOf } from "./sql-names";
import { descendants, type Node, parse, typescript } from "./syntax";

const SQL = /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|DROP TABLE|FROM)\b/;

/** @throws UsageError when the code needs one of the new names for something else. */
export function renamed(text: string, name: FeatureName): string {
  const ts = typescript();
  const words = (match: string): Words => (/s$/i.test(match) ? name.plural : name.singular);
  const identifier = (old: string) =>
    old.replaceAll(/(?<![A-Za-z])notes?(?![a-z])|Notes?(?![a-z])/g, (match: string) =>
      (match.startsWith("N") ? pascal : camel)(words(match)),
    );
  const inProse = (old: string) =>
    old.replaceAll(/\b(an? )?(notes?)\b/gi, (_all, article: string | undefined, match: string) => {
      if (article) return withCase(article, withArticle(words(match)));
      return (match.startsWith("N") ? sentence : prose)(words(match));
    });
  const inText = (old: string) => {
    if (SQL.test(old)) return old.replaceAll(/\bnotes\b/g, () => sqlNameOf(name.plural));
    if (/^"\w+"$/.test(old)) return identifier(old);
    return inProse(old.replaceAll(/(?<=\/)notes?(?![\w-])/g, (match) => kebab(words(match))));
  };

  const source = parse(text);
  const leaves = descendants(source).filter(
    (node) => ts.isIdentifier(node) || ts.isStringLiteral(node) || isTemplateText(node),
  );
  refuseCollisions(leaves.filter(ts.isIdentifier), identifier);
  let [result, end] = ["", 0];
  for (const leaf of leaves) {
    // The text between them is punctuation, keywords and comments.
    result += inProse(text.slice(end, leaf.getStart()));
    end = leaf.getEnd();
    result += (ts.isIdentifier(leaf) ? identifier : inText)(text.slice(leaf.getStart(), end));
  }
  return result + inProse(text.slice(end));
}

const withCase = (like: string, text: string): string =>
  like.startsWith("A") ? text.charAt(0).toUpperCase() + text.slice(1) : text;

function isTemplateText(node: Node): boolean {
  const ts = typescript();
  return (
    ts.isNoSubstitutionTemplateLiteral(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddleOrTemplateTail(node)
  );
}

/** The fields of the sample, which are replaced. */
const SAMPLE_FIELDS = ["title", "body"];

function refuseCollisions(identifiers: readonly Node[], rename: (old: string) => string): void {
  const used = identifiers.filter((node) => !isPropertyName(node)).map((node) => node.getText());
  const taken = new Set(used.filter((each) => rename(each) === each));
  for (const each of used) refuseTaken(rename(each), each, taken);
}

function refuseTaken(name: string, old: string, taken: ReadonlySet<string>): void {
  if (name === old || !taken.has(name) || SAMPLE_FIELDS.includes(name)) return;
  throw new UsageError(
    `the code of a feature uses the name "${name}" itself: choose another name, or give a singular, such as --singular ${name}-item`,
  );
}

/** @throws UsageError when the code uses the name of a field for something else. */
export function refuseFieldNames(text: string, names: readonly string[]): void {
  const ts = typescript();
  const identifiers = descendants(parse(text)).filter(ts.isIdentifier);
  const used = identifiers.filter((node) => !isPropertyName(node)).map((node) => node.getText());
  const taken = names.find((name) => used.includes(name));
  if (taken === undefined) return;
  throw new UsageError(
    `the code of a feature uses the name "${taken}" itself: choose another one for the field, such as ${taken}Id`,
  );
}

/** Whether it names a member, which cannot conflict with a variable. */
function isPropertyName(node: Node): boolean {
  const ts = typescript();
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isPropertySignature(parent)) &&
      parent.name === node) ||
    (ts.isBindingElement(parent) && parent.propertyName === node)
  );
}
