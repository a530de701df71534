// A service's folder with tests of its own, which a real Jest runs.
import { spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { atEnd } from "berth/testing";

const modules = join(__dirname, "../../../../node_modules");

export interface JestProject {
  folder: string;
  write(file: string, content: string): void;
  /** Runs its tests; resolves with the exit code, what Jest printed, and the failures of each test, by its title. */
  run(): Promise<{ code: number | null; printed: string; failures: Record<string, string> }>;
}

/** What `jest --json` writes. */
interface Report {
  testResults: {
    name: string;
    message: string;
    assertionResults: { title: string; failureMessages: string[] }[];
  }[];
}

/**
 * Creates the folder; it is removed after the test file.
 * @param packages Packages that the project has for itself, by their names: their files.
 * @param others Further dependencies, which are those of this repository.
 */
export function createJestProject(
  packages: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  others: readonly string[] = [],
): JestProject {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "jest-")));
  atEnd(() => Promise.resolve(rmSync(scratch, { recursive: true })));
  const folder = join(scratch, "my [1] service");
  const write = (file: string, content: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  };
  const dependencies = Object.fromEntries(
    [...Object.keys(packages), ...others].map((name) => [name, "*"]),
  );
  write("package.json", JSON.stringify({ type: "commonjs", dependencies }));
  write("jest.config.js", `module.exports = require("berth-dev/jest").jestConfig(__dirname);`);
  copyFileSync(join(modules, "../tsconfig.json"), join(folder, "tsconfig.json"));
  // Found from the folder above, as the packages of a workspace are.
  symlinkSync(modules, join(scratch, "node_modules"));
  for (const [name, files] of Object.entries(packages))
    for (const [file, content] of Object.entries(files))
      write(`node_modules/${name}/${file}`, content);

  return {
    folder,
    write,
    async run() {
      const args = [join(modules, "jest/bin/jest.js"), "--json", "--maxWorkers=1", "--no-cache"];
      const jest = spawn(process.execPath, args, {
        cwd: folder,
        env: { PATH: process.env.PATH },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const ended = new Promise<number | null>((resolve) => jest.once("close", resolve));
      const [code, json, printed] = await Promise.all([
        ended,
        text(jest.stdout),
        text(jest.stderr),
      ]);
      const { testResults } = JSON.parse(json) as Report;
      // A file that cannot be loaded has no tests, but a message.
      const failures = testResults.flatMap(({ name, message, assertionResults }) => [
        ...(assertionResults.length === 0 ? [[basename(name), message]] : []),
        ...assertionResults.map(({ title, failureMessages }) => [
          title,
          failureMessages.join("\n"),
        ]),
      ]);
      return { code, printed, failures: Object.fromEntries(failures) as Record<string, string> };
    },
  };
}
