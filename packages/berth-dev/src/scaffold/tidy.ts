// Tidies a text after parts were removed: unused imports, blank lines, table columns.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type * as TypeScript from "typescript";

/** Removes unused imports from a TypeScript file. */
export function withoutUnusedImports(text: string): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- slow to load, and only needed here
  const ts = require("typescript") as typeof TypeScript;
  const name = "/file.ts";
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ noLib: true, noResolve: true }),
    getScriptFileNames: () => [name],
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) => (file === name ? ts.ScriptSnapshot.fromString(text) : undefined),
    getCurrentDirectory: () => "/",
    getDefaultLibFileName: () => "lib.d.ts",
    fileExists: (file) => file === name,
    readFile: (file) => (file === name ? text : undefined),
  });
  const mode = ts.OrganizeImportsMode.RemoveUnused;
  const [changes] = service.organizeImports({ type: "file", fileName: name, mode }, {}, {});
  const textChanges = [...(changes?.textChanges ?? [])].sort((a, b) => b.span.start - a.span.start);
  return textChanges.reduce(
    (changed, { span: { start, length }, newText }) =>
      changed.slice(0, start) + newText + changed.slice(start + length),
    text,
  );
}

/** Formats a file's text as `npm run format` would. Files that Prettier does not support are not changed. */
export async function formatted(root: string, file: string, text: string): Promise<string> {
  const { format, getFileInfo } = await import("prettier");
  const ignorePath = join(root, ".prettierignore");
  const info = await getFileInfo(join(root, file), { ignorePath, resolveConfig: false });
  if (info.ignored || info.inferredParser === null) return text;
  return format(text, { ...styleOf(root), filepath: file });
}

/** The Prettier configuration in the clone's `package.json`. */
function styleOf(root: string): object {
  const path = join(root, "package.json");
  if (!existsSync(path)) return {};
  return (JSON.parse(readFileSync(path, "utf8")) as { prettier?: object }).prettier ?? {};
}
