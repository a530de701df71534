// A require hook that runs TypeScript files without type checks, with a cache, as ts-node and tsx do:
// `node --require …/typescript.js program.ts`, or after `loadTypeScript()`.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import Module from "node:module";
import { dirname, join, resolve } from "node:path";
import type * as TypeScript from "typescript";

/** Loaded only when a file has changed: most starts find all files in the cache, and save the 300 ms that this takes. */
const compiler = (): typeof TypeScript =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed
  require(require.resolve("typescript", { paths: [project, __dirname] })) as typeof TypeScript;

/** The nearest folder with a package.json, from this one upwards. */
function projectOf(folder: string): string {
  if (existsSync(join(folder, "package.json")) || dirname(folder) === folder) return folder;
  return projectOf(dirname(folder));
}

const program = process.argv[1];
const project = projectOf(require.main || !program ? process.cwd() : dirname(resolve(program)));
const configFile = join(project, "tsconfig.json");
const cache = join(project, "node_modules/.cache/berth/typescript");

/** Hashes what the output depends on besides the source: Node, the compiler, this module, tsconfig.json and its base files. */
function hashEnvironment(): string {
  const hash = createHash("sha256").update(process.version);
  const manifest = require.resolve("typescript/package.json", {
    paths: [project, __dirname],
  });
  for (const file of [manifest, __filename]) hash.update(readFileSync(file));
  for (let file: string | undefined = configFile; file !== undefined;) {
    const text = read(file);
    hash.update(text ?? "");
    const base = /"extends"\s*:\s*"(\.[^"]*)"/.exec(text ?? "")?.[1];
    file = base === undefined ? undefined : resolve(dirname(file), base);
  }
  return hash.digest("hex");
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

let options: TypeScript.CompilerOptions | undefined;

/** The compiler options of the project's tsconfig.json, with inline source maps. */
function compilerOptions(ts: typeof TypeScript): TypeScript.CompilerOptions {
  // The list of the project's files is not needed, and slow to read.
  const host = { ...ts.sys, readDirectory: () => [] };
  const { config = {} } = ts.readConfigFile(configFile, read) as { config?: object };
  const parsed = ts.parseJsonConfigFileContent(config, host, dirname(configFile)).options;
  return {
    module: ts.ModuleKind.Node20,
    target: ts.ScriptTarget.ES2023,
    esModuleInterop: true,
    ...parsed,
    sourceMap: false,
    inlineSourceMap: true,
    inlineSources: true,
  };
}

/** @throws SyntaxError naming the file and the line of the first error. */
function compile(source: string, fileName: string): string {
  const ts = compiler();
  options ??= compilerOptions(ts);
  const { outputText, diagnostics = [] } = ts.transpileModule(source, {
    fileName,
    compilerOptions: options,
    reportDiagnostics: true,
  });
  // Errors in the configuration are reported by `npm run typecheck`.
  const error = diagnostics.find(({ file }) => file);
  if (!error) return outputText;
  const line = error.file!.getLineAndCharacterOfPosition(error.start ?? 0).line + 1;
  const text = ts.flattenDiagnosticMessageText(error.messageText, "\n");
  throw new SyntaxError(`${fileName}:${line}: ${text}`);
}

/**
 * Replaces the cached output of a source file atomically, as other processes may read it at the same time. If the cache cannot be
 * written, files are compiled again at each start.
 * @param prefix The beginning of the names of the file's outputs.
 */
function writeCache(prefix: string, name: string, text: string): void {
  const file = join(cache, name);
  try {
    mkdirSync(cache, { recursive: true });
    const outdated = readdirSync(cache).filter((each) => each.startsWith(prefix));
    writeFileSync(`${file}.${process.pid}`, text);
    renameSync(`${file}.${process.pid}`, file);
    for (const each of outdated) rmSync(join(cache, each), { force: true });
  } catch {
    // The cache is optional.
  }
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

let environment: string | undefined;

/**
 * Returns the JavaScript of a TypeScript file, from the cache if the file has not changed.
 * @throws SyntaxError naming the file and the line of the first error.
 */
export function compileFile(fileName: string): string {
  const source = readFileSync(fileName, "utf8");
  environment ??= hashEnvironment();
  const prefix = hashOf(fileName);
  const name = `${prefix}-${hashOf(environment + source)}.js`;
  const cached = read(join(cache, name));
  if (cached !== undefined) return cached;
  const output = compile(source, fileName);
  writeCache(prefix, name, output);
  return output;
}

/** Makes this process load `.ts` files, without type checks. */
export function loadTypeScript(): void {
  process.setSourceMapsEnabled(true);
  const extensions = (Module as unknown as { _extensions: Record<string, Load> })._extensions;
  extensions[".ts"] = (module, fileName) => module._compile(compileFile(fileName), fileName);
}

type Load = (
  module: Module & { _compile: (source: string, fileName: string) => void },
  fileName: string,
) => void;

// Loaded by `node --require`: there is no main module yet.
if (require.main === undefined) loadTypeScript();
