// What the compiler says of files that are nowhere on disk.
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

/** The errors in these files, as `tsc` would word them; they can import each other, and whatever the working directory can. */
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
