// Type-checks files that exist only in memory.
import { join } from "node:path";
import ts from "typescript";

const root = process.cwd();
const configFile = join(root, "tsconfig.json");
const {
  config: { compilerOptions },
} = ts.readConfigFile(configFile, (path) => ts.sys.readFile(path)) as {
  config: { compilerOptions: object };
};
const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, root, configFile);

/** Returns the messages of `tsc` for these files, which can import each other, and modules of the working directory. */
export function typeErrorsIn(files: Readonly<Record<string, string>>): string[] {
  const texts = new Map(Object.entries(files).map(([name, text]) => [join(root, name), text]));
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => texts.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => texts.get(path) ?? ts.sys.readFile(path);
  const program = ts.createProgram([...texts.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
