// Compiles the tests' own service once, before all tests.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { SERVICE } from "./built";

const sources = __dirname;
const compiled = dirname(SERVICE);
const compilerOptions = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2023,
  esModuleInterop: true,
  sourceMap: true,
};

/** Without type checks, which `npm run typecheck` does. Files are written atomically, because another run may load them. */
function compile(file: string): string[] {
  const source = join(sources, file);
  const output = join(compiled, file.replace(/\.ts$/, ".js"));
  const { outputText, sourceMapText = "" } = ts.transpileModule(readFileSync(source, "utf8"), {
    fileName: relative(dirname(output), source),
    compilerOptions,
  });
  mkdirSync(dirname(output), { recursive: true });
  const texts = { [output]: outputText, [`${output}.map`]: sourceMapText };
  for (const [path, text] of Object.entries(texts)) {
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  }
  return Object.keys(texts);
}

export default function build(): void {
  const files = readdirSync(join(sources, "service"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join("service", file));
  const written = [...files, "foreign-errors.ts", "fake-postgres.ts"].flatMap(compile);
  // Left by an earlier build, such as a renamed migration.
  for (const entry of readdirSync(compiled, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && /\.js(\.map)?$/.test(path) && !written.includes(path)) rmSync(path);
  }
}
