// Writes a report of each entry point's exports, whose changes show in reviews: `npm run api -w lab`.
// Not @microsoft/api-extractor, which needs peers that `legacy-peer-deps` does not install, and omits augmentations.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { parseCommandLine, UsageError } from "port-contract/args";
import { format } from "prettier";
import ts from "typescript";
import { declarationsOf, type Package, packages } from "./packages";

/** The folder of a package's reports. */
const reportsFolder = ({ folder }: Package): string => join(folder, "api");

/** The report of an entry point, and the number of names it exports. */
interface Report {
  text: string;
  names: number;
}

/** Creates the reports of a package's entry points, by file name. */
async function reportApi(pkg: Package): Promise<Map<string, Report>> {
  const entries = declarationsOf(pkg);
  const program = ts.createProgram([...entries.values()], {
    module: ts.ModuleKind.Node20,
    target: ts.ScriptTarget.ES2023,
    types: ["node", "jest"],
    strict: true,
    skipLibCheck: true,
  });
  const reports = new Map<string, Report>();
  const exports = new Map(
    [...entries].map(([entry, file]) => [entry, exportsOf(program, file)] as const),
  );
  for (const [entry, file] of entries) {
    const title = titleOf(pkg, entry);
    const elsewhere = new Map(
      [...exports]
        .filter(([other]) => other !== entry)
        .flatMap(([other, of]) => [...of.values()].map((one) => [one, titleOf(pkg, other)])),
    );
    const { sections, names } = describe(program, pkg, file, elsewhere);
    const markdown = sections.map(
      ([heading, code]) => `${heading}\n\n\`\`\`ts\n${withSortedUnions(code)}\n\`\`\`\n`,
    );
    const text = [`# ${title}\n`, "`npm run api -w lab` writes this file.\n", ...markdown];
    reports.set(`${entry.replaceAll("/", "-")}.md`, {
      text: await format(text.join("\n"), { parser: "markdown", printWidth: 100 }),
      names,
    });
  }
  return reports;
}

/** Sorts unions of texts, whose order in declarations differs between an incremental build and a clean one. */
const withSortedUnions = (code: string): string =>
  code.replaceAll(/"[^"\n]*"(?:\s*\|\s*"[^"\n]*")+/g, (union) =>
    union
      .split(/\s*\|\s*(?=")/)
      .sort()
      .join(" | "),
  );

const titleOf = ({ manifest }: Package, entry: string): string =>
  entry === "index" ? manifest.name : `${manifest.name}/${entry}`;

/** Resolves an alias to its original symbol. */
const target = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

/** The exports of a file, sorted by name. */
function exportsOf(program: ts.Program, file: string): Map<string, ts.Symbol> {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  if (!source) throw new Error(`${file} does not exist: run node packages/build.js`);
  const module = checker.getSymbolAtLocation(source);
  return new Map(
    (module ? checker.getExportsOfModule(module) : [])
      .map((symbol) => [symbol.name, target(checker, symbol)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

type Section = [heading: string, code: string];

/** @param elsewhere The exports of the package's other entry points, and their entry points. */
function describe(
  program: ts.Program,
  pkg: Package,
  file: string,
  elsewhere: ReadonlyMap<ts.Symbol, string>,
) {
  const checker = program.getTypeChecker();
  const isOwn = (node: ts.Node) =>
    node.getSourceFile().fileName.startsWith(join(pkg.folder, "dist") + sep);
  const exported = exportsOf(program, file);
  const isExported = new Set(exported.values());
  const named = new Set<ts.Symbol>();
  /** Collects the types that declarations refer to but this entry point does not export. */
  function follow(node: ts.Node): void {
    if (ts.isIdentifier(node)) {
      const found = checker.getSymbolAtLocation(node);
      const symbol = found && target(checker, found);
      if (symbol && !isExported.has(symbol) && !named.has(symbol)) {
        const declarations = (symbol.declarations ?? []).filter(
          (one) => isTopLevel(one) && isOwn(one),
        );
        if (declarations.length > 0) {
          named.add(symbol);
          if (!elsewhere.has(symbol)) declarations.forEach(follow);
        }
      }
    }
    ts.forEachChild(node, follow);
  }

  const codeOf = (name: string, symbol: ts.Symbol) => {
    const declarations = symbol.declarations ?? [];
    if (!declarations.some(isOwn)) return `export { ${name} } from "${originOf(symbol)}";`;
    const texts = declarations.map(print);
    return symbol.name === name
      ? texts.join("\n")
      : `${texts.join("\n")}\nexport { ${symbol.name} as ${name} };`;
  };
  const code = [...exported].map(([name, symbol]) => codeOf(name, symbol));
  for (const symbol of isExported) symbol.declarations?.filter(isOwn).forEach(follow);
  const imports = [...named]
    .filter((symbol) => elsewhere.has(symbol))
    .map((symbol) => `import { ${symbol.name} } from "${elsewhere.get(symbol)}";`)
    .sort();
  const others = [...named]
    .filter((symbol) => !elsewhere.has(symbol))
    .flatMap((symbol) => (symbol.declarations ?? []).map(print))
    .sort((a, b) => (a < b ? -1 : 1));
  const augmentations = reachable(program, program.getSourceFile(file) as ts.SourceFile)
    .filter(isOwn)
    .flatMap((one) => one.statements.filter(isAugmentation).map(print))
    .sort();

  const sections: Section[] = [
    ["## Exports", code.join("\n\n")],
    [
      "## Not exported here, but named by these",
      [imports.join("\n"), ...others].join("\n\n").trim(),
    ],
    ["## Additions to other modules", augmentations.join("\n\n")],
  ];
  return { sections: sections.filter(([, text]) => text !== ""), names: exported.size };
}

function isTopLevel(node: ts.Node): boolean {
  if (ts.isSourceFile(node)) return false;
  return ts.isSourceFile(ts.isVariableDeclaration(node) ? node.parent.parent.parent : node.parent);
}

const isAugmentation = (node: ts.Statement): boolean =>
  ts.isModuleDeclaration(node) &&
  (ts.isStringLiteral(node.name) || (node.flags & ts.NodeFlags.GlobalAugmentation) !== 0);

/** The declaration files that an entry point loads, starting with itself. */
function reachable(program: ts.Program, first: ts.SourceFile): ts.SourceFile[] {
  const options = program.getCompilerOptions();
  const host = ts.createCompilerHost(options);
  const found = new Set([first]);
  for (const source of found) {
    for (const { fileName } of ts.preProcessFile(source.text).importedFiles) {
      if (!fileName.startsWith(".")) continue;
      const { resolvedModule } = ts.resolveModuleName(fileName, source.fileName, options, host);
      const next = resolvedModule && program.getSourceFile(resolvedModule.resolvedFileName);
      if (next) found.add(next);
    }
  }
  return [...found];
}

const printer = ts.createPrinter({ removeComments: true });

/** A declaration without its comments, which may change freely. */
function print(declaration: ts.Node): string {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replace(/^(export )?(declare )?/, "");
}

/** The package that a re-exported symbol comes from. */
const originOf = (symbol: ts.Symbol): string =>
  /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(
    symbol.declarations?.[0]?.getSourceFile().fileName ?? "",
  )?.[1] ?? symbol.name;

/** Writes all reports. */
async function writeReports(): Promise<void> {
  for (const pkg of packages) {
    const folder = reportsFolder(pkg);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [file, { text, names }] of await reportApi(pkg)) {
      writeFileSync(join(folder, file), text);
      console.log(`${pkg.manifest.name} ${file}: ${names} names`);
    }
  }
}

/** Lists the reports that are out of date. */
async function findStale(): Promise<string[]> {
  const stale: string[] = [];
  for (const pkg of packages) {
    const reports = await reportApi(pkg);
    const folder = reportsFolder(pkg);
    const written = existsSync(folder) ? readdirSync(folder) : [];
    for (const file of new Set([...written, ...reports.keys()])) {
      const path = join(folder, file);
      if (!existsSync(path) || readFileSync(path, "utf8") !== reports.get(file)?.text)
        stale.push(relative(join(__dirname, "../.."), path));
    }
  }
  return stale;
}

/** Writes the reports, or with `--check` fails if any is out of date. */
async function main(): Promise<void> {
  const { check } = parseCommandLine(process.argv.slice(2), { check: { type: "boolean" } }).values;
  if (!check) return writeReports();
  const stale = await findStale();
  if (stale.length === 0) return;
  console.error(`${stale.join(", ")}: out of date. Run npm run api -w lab, and review the changes`);
  process.exitCode = 1;
}

main().catch((err: unknown) => {
  console.error(err instanceof UsageError ? err.message : err);
  process.exitCode = 1;
});
