// Compiles ES modules of packages to CommonJS, as Jest has no `require` of ES modules on all versions of Node.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type * as TypeScript from "typescript";

let compiler: typeof TypeScript | undefined;

/** The service's compiler, loaded with the first file that is not in Jest's cache. */
function load(): typeof TypeScript {
  const path = require.resolve("typescript", { paths: [process.cwd(), __dirname] });
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
  compiler ??= require(path) as typeof TypeScript;
  return compiler;
}

const META = "__importMeta";

/** On the first line, so that all lines keep their numbers. */
const DECLARE_META =
  `const ${META} = { url: require("node:url").pathToFileURL(__filename).href, filename: __filename, dirname: __dirname,` +
  ` resolve: (name) => require("node:url").pathToFileURL(require.resolve(name)).href };`;

/** As a namespace is, so that `import()` knows it from CommonJS. */
const MARK = `Object.defineProperty(exports, Symbol.toStringTag, { value: "Module" });`;

/** Node lets a module choose what `require` returns. */
const OWN_EXPORT = `if ("module.exports" in exports) module.exports = exports["module.exports"];`;

/** @throws Error with the cure for a module with a top-level await, which no `require` can load. */
function toCommonJs(source: string, file: string): string {
  const ts = load();
  const text = source.replace(/^#!/, "//");
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext);
  const isModule = ts.isExternalModule(parsed);
  const { metas, awaits } = scan(ts, parsed);
  if (awaits) {
    throw new Error(
      `${file} has a top-level await, which Jest cannot load: load it by await import(), and test what uses it in a started process (startSource of berth/testing)`,
    );
  }
  let compiled = text;
  for (const { start, end } of metas.toReversed())
    compiled = compiled.slice(0, start) + META + compiled.slice(end);
  if (metas.length > 0) compiled = DECLARE_META + compiled;
  if (isModule) compiled += `\n${MARK}`;
  if (/(['"])module\.exports\1/.test(text)) compiled += `\n${OWN_EXPORT}`;
  return ts.transpileModule(compiled, {
    // TypeScript leaves `.mjs` an ES module.
    fileName: file.replace(/\.mjs$/, ".js"),
    compilerOptions: {
      allowJs: true,
      esModuleInterop: true,
      inlineSourceMap: true,
      isolatedModules: true,
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2023,
    },
  }).outputText;
}

interface Found {
  /** Where the file has `import.meta`. */
  metas: { start: number; end: number }[];
  /** Whether it awaits outside of functions. */
  awaits: boolean;
}

function scan(ts: typeof TypeScript, file: TypeScript.SourceFile): Found {
  const found: Found = { metas: [], awaits: false };
  const visit = (node: TypeScript.Node, isTop: boolean): void => {
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
      found.metas.push({ start: node.getStart(file), end: node.getEnd() });
    const isAwait = ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier);
    const isAwaitUsing = ts.isVariableDeclarationList(node) && /^await\b/.test(node.getText(file));
    if (isTop && (isAwait || isAwaitUsing)) found.awaits = true;
    const isScope = ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node);
    ts.forEachChild(node, (child) => visit(child, isTop && !isScope));
  };
  visit(file, true);
  return found;
}

const own = readFileSync(__filename);

/** A transformer of Jest, which wants a default export. */
export default {
  process: (source: string, file: string) => ({ code: toCommonJs(source, file) }),
  getCacheKey(source: string, file: string): string {
    const { version } = JSON.parse(
      readFileSync(
        require.resolve("typescript/package.json", { paths: [process.cwd(), __dirname] }),
        "utf8",
      ),
    ) as { version: string };
    return createHash("sha256")
      .update([version, file, source].join("\0"))
      .update(own)
      .digest("hex");
  },
};
