// A codemod that renames exports of a module wherever they are used, as an editor's rename does.
import type * as TypeScript from "typescript";
import type { Sources } from "./codemods";

/** Declares what the files import, so that the compiler needs neither the packages nor its library. */
const STUB = "/stub.d.ts";

const stubOf = (module: string, name: string): string => `
interface PromiseLike<T> { then<R>(use: (value: T) => R | PromiseLike<R>): PromiseLike<R> }
interface Promise<T> { then<R>(use: (value: T) => R | PromiseLike<R>): Promise<R> }
declare module "${module}" { export class ${name} { constructor(...args: any[]); [member: string]: any } }
`;

/** Renames exports of a module in imports, re-exports, types and uses. Names that an owner has given them stay. */
export const renamedExports =
  (module: string, names: Readonly<Record<string, string>>) =>
  (sources: Sources): Sources =>
    Object.entries(names).reduce(
      (changed, [from, to]) => renameExport(changed, { module, from, to }),
      sources,
    );

interface Renaming {
  module: string;
  from: string;
  to: string;
}

const compiler = (): typeof TypeScript =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- slow to load, and only needed here
  require("typescript") as typeof TypeScript;

function languageService(sources: Sources, stub: string): TypeScript.LanguageService {
  const ts = compiler();
  const textOf = (file: string) => (file === STUB ? stub : sources.get(file.slice(1)));
  return ts.createLanguageService({
    getCompilationSettings: () => ({
      noLib: true,
      noResolve: true,
      target: ts.ScriptTarget.ESNext,
    }),
    getScriptFileNames: () => [STUB, ...[...sources.keys()].map((file) => `/${file}`)],
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) => {
      const text = textOf(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => "/",
    getDefaultLibFileName: () => "lib.d.ts",
    fileExists: (file) => textOf(file) !== undefined,
    readFile: textOf,
  });
}

function renameExport(sources: Sources, { module, from, to }: Renaming): Sources {
  const stub = stubOf(module, from);
  const using = new Map([...sources].filter(([, text]) => text.includes(module)));
  const service = languageService(using, stub);
  const position = stub.indexOf(`class ${from}`) + "class ".length;
  const found = service.findRenameLocations(STUB, position, false, false, {}) ?? [];
  const changed = new Map(sources);
  // From the end, so that the positions before stay right.
  for (const { fileName, textSpan } of [...found].sort(
    (a, b) => b.textSpan.start - a.textSpan.start,
  )) {
    const file = fileName.slice(1);
    const [text, was] = [changed.get(file), sources.get(file)];
    const source = service.getProgram()?.getSourceFile(fileName);
    if (text === undefined || was === undefined || source === undefined) continue;
    const { start, length } = textSpan;
    const isTaken = new RegExp(`\\b${to}\\b`).test(was);
    const name = replacement(compiler(), nodeAt(source, start), { from, to, isTaken });
    changed.set(file, text.slice(0, start) + name + text.slice(start + length));
  }
  return changed;
}

function nodeAt(source: TypeScript.SourceFile, position: number): TypeScript.Node {
  let node: TypeScript.Node = source;
  for (;;) {
    const child: TypeScript.Node | undefined = node
      .getChildren(source)
      .find((each) => each.getStart(source) <= position && position < each.end);
    if (child === undefined) return node;
    node = child;
  }
}

/**
 * What replaces a name, so that no other name changes its meaning.
 * @param isTaken Whether the file has the new name already: then it keeps the old one, for the new export.
 */
function replacement(
  ts: typeof TypeScript,
  node: TypeScript.Node,
  { from, to, isTaken }: { from: string; to: string; isTaken: boolean },
): string {
  const { parent } = node;
  if (ts.isImportSpecifier(parent)) {
    return isTaken && parent.propertyName === undefined ? `${to} as ${from}` : to;
  }
  if (ts.isExportSpecifier(parent) && parent.parent.parent.moduleSpecifier) {
    return parent.propertyName === undefined ? `${to} as ${from}` : to;
  }
  if (ts.isBindingElement(parent)) {
    return isTaken && parent.propertyName === undefined ? `${to}: ${from}` : to;
  }
  const isMember =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isQualifiedName(parent) && parent.right === node) ||
    ts.isImportTypeNode(parent);
  if (isMember) return to;
  if (isTaken) return from;
  if (ts.isShorthandPropertyAssignment(parent)) return `${from}: ${to}`;
  if (ts.isExportSpecifier(parent) && parent.propertyName === undefined) return `${to} as ${from}`;
  return to;
}
