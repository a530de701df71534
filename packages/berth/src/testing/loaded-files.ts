// Records which files a process loads, to test that it does not load what it does not use.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyFolder } from "./cleanup";

/** A record of the files that a process loads. */
export interface LoadedFiles {
  /** The environment variables that the process is started with. */
  env: { NODE_OPTIONS: string };
  /** The paths of the files. @throws Error unless the process has exited, and was not killed. */
  read(): string[];
  /** Which of these packages have files among them. @throws Error as `read`. */
  packages(...names: readonly string[]): string[];
}

/** Records the files that are loaded by one process. */
export function recordLoadedFiles(): LoadedFiles {
  const folder = emptyFolder();
  const [hook, list] = [join(folder, "hook.js"), join(folder, "loaded.json")];
  const write = `require("node:fs").writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache)))`;
  writeFileSync(hook, `process.on("exit", () => ${write});\n`);
  const read = () => JSON.parse(readFileSync(list, "utf8")) as string[];
  return {
    env: { NODE_OPTIONS: `--require ${JSON.stringify(hook)}` },
    read,
    packages: (...names) => {
      const files = read();
      return names.filter((name) => files.some((file) => file.includes(`/node_modules/${name}/`)));
    },
  };
}
