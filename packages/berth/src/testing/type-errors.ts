// Type-checks files that exist only in memory.
import { join } from "node:path";
import type * as TypeScript from "typescript";

/**
 * Returns the messages of `tsc`, with the tsconfig.json of the working directory.
 * @param files Texts by name; the files can import each other, and modules of the working directory.
 */
export function typeErrorsIn(files: Readonly<Record<string, string>>): string[] {
  const ts = loadTypeScript();
  const root = process.cwd();
  const configFile = join(root, "tsconfig.json");
  const { config } = ts.readConfigFile(configFile, (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root, configFile);
  const texts = new Map(Object.entries(files).map(([name, text]) => [join(root, name), text]));
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => texts.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => texts.get(path) ?? ts.sys.readFile(path);
  const program = ts.createProgram([...texts.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

/** Loaded where it is needed: each test file that imports `berth/testing` would wait for it. */
const loadTypeScript = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("typescript") as typeof TypeScript;
