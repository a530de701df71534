// Runs the examples of the pages in `docs`, as they stand there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";

/**
 * Runs an example, without its imports.
 * @param page Such as `http.md`.
 * @param text What only this example contains.
 * @param scope The names that it uses.
 * @param result The names that it declares, which are returned.
 */
export function runExample<Result extends object>(
  page: string,
  text: string,
  scope: Readonly<Record<string, unknown>>,
  ...result: (keyof Result & string)[]
): Promise<Result> {
  const file = join(__dirname, "../../../../docs", page);
  const examples = [...readFileSync(file, "utf8").matchAll(/^```ts\n([^]*?)^```$/gm)];
  const found = examples.flatMap(([, code = ""]) => (code.includes(text) ? [code] : []));
  if (found.length !== 1) throw new Error(`${found.length} examples of ${page} contain ${text}`);
  const code = found[0]!.replaceAll(/^import [^;]*;\n|^export /gm, "");
  const wrapped = `const run = async () => {${code}\nreturn { ${result.join()} } };`;
  const { outputText } = ts.transpileModule(wrapped, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- node:vm has classes of its own, such as Promise
  const compiled = new Function(...Object.keys(scope), `${outputText}\nreturn run();`);
  return (compiled as (...values: unknown[]) => Promise<Result>)(...Object.values(scope));
}
