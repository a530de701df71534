// Parses TypeScript, and changes text at positions in its syntax tree.
import type * as TypeScript from "typescript";

let loaded: typeof TypeScript | undefined;

/** The compiler, loaded with the first use: it takes 300 ms. */
export function typescript(): typeof TypeScript {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- slow to load, and only needed here
  loaded ??= require("typescript") as typeof TypeScript;
  return loaded;
}

export type Node = TypeScript.Node;

/** Replaces the text from `start` to `end`. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

export function parse(text: string): TypeScript.SourceFile {
  const ts = typescript();
  return ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
}

export function applyEdits(text: string, edits: readonly Edit[]): string {
  // Several edits at one position keep their order.
  const ordered = edits.map((edit, index) => ({ ...edit, index }));
  ordered.sort((a, b) => b.start - a.start || b.index - a.index);
  return ordered.reduce(
    (changed, { start, end, text: put }) => changed.slice(0, start) + put + changed.slice(end),
    text,
  );
}

/** All nodes below a node, in the order of the text. */
export function descendants(node: Node): Node[] {
  const all: Node[] = [];
  const visit = (child: Node) => {
    all.push(child);
    typescript().forEachChild(child, visit);
  };
  typescript().forEachChild(node, visit);
  return all;
}

/** The first node below a node that a test accepts. */
export const find = <T extends Node>(
  node: Node | undefined,
  isWanted: (node: Node) => node is T,
): T | undefined => node && descendants(node).find(isWanted);

export const replaced = (node: Node, text: string): Edit => ({
  start: node.getStart(),
  end: node.getEnd(),
  text,
});

/** The member of an object literal, or the declaration of a variable, with this name. */
export function named(
  node: Node | undefined,
  name: string,
): TypeScript.NamedDeclaration | undefined {
  const ts = typescript();
  return find(
    node,
    (child): child is TypeScript.NamedDeclaration =>
      (ts.isPropertyAssignment(child) ||
        ts.isMethodDeclaration(child) ||
        ts.isVariableDeclaration(child)) &&
      child.name.getText() === name,
  );
}

/** The calls of `name(…)` or `object.name(…)` below a node. */
export function calls(node: Node | undefined, name: string): TypeScript.CallExpression[] {
  const ts = typescript();
  if (!node) return [];
  return descendants(node)
    .filter(ts.isCallExpression)
    .filter(({ expression }) => expression.getText() === name);
}

/** Adds names to the imports from a module: to an existing import, or as a new line. */
export function importEdits(
  source: TypeScript.SourceFile,
  from: string,
  names: readonly string[],
): Edit[] {
  const ts = typescript();
  const imports = source.statements.filter(ts.isImportDeclaration);
  const bindings = imports.flatMap(({ moduleSpecifier, importClause }) => {
    const named = importClause?.namedBindings;
    const isSame = (moduleSpecifier as TypeScript.StringLiteral).text === from;
    return isSame && named && ts.isNamedImports(named) ? [named] : [];
  });
  const present = bindings.flatMap(({ elements }) => elements.map(({ name }) => name.text));
  const missing = names.filter((name) => !present.includes(name));
  const [first] = bindings;
  if (missing.length === 0) return [];
  if (!first) {
    const place = placeOfImport(imports, from);
    const line = `import { ${missing.join(", ")} } from "${from}";\n`;
    return [{ start: place, end: place, text: line }];
  }
  const isOfTypes = first.parent.phaseModifier === ts.SyntaxKind.TypeKeyword;
  const all = first.elements.map((one) => `${isOfTypes ? "type " : ""}${one.getText()}`);
  const isSorted = all.join() === [...all].sort(byName).join();
  const list = [...all, ...missing];
  const text = `{ ${(isSorted ? list.sort(byName) : list).join(", ")} }`;
  return [
    { start: isOfTypes ? first.parent.getStart() : first.getStart(), end: first.getEnd(), text },
  ];
}

/** Compares as the template sorts: regardless of case and of `type`. */
const byName = (a: string, b: string): number => {
  const [one, other] = [a, b].map((text) => text.replace(/^type /, "").toLowerCase());
  return one! < other! ? -1 : 1;
};

/** Before the first import of a later path, packages first; otherwise after the last import. */
function placeOfImport(imports: readonly TypeScript.ImportDeclaration[], from: string): number {
  const rank = (path: string): string => (path.startsWith(".") ? `2${path}` : `1${path}`);
  const later = imports.find(
    ({ moduleSpecifier }) => rank((moduleSpecifier as TypeScript.StringLiteral).text) > rank(from),
  );
  if (later) return later.getStart();
  const last = imports.at(-1);
  return last ? afterLine(last) : 0;
}

/** The start of the line after a node, or the node's end if something else follows on its line. */
export function afterLine(node: Node): number {
  const text = node.getSourceFile().text;
  const rest = /^[^\S\n]*(?:\/\/[^\n]*)?\n/.exec(text.slice(node.getEnd()));
  return node.getEnd() + (rest?.[0].length ?? 0);
}
