// Whether all that is imported is declared: what another package happens to bring is not there with pnpm, or in a workspace.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";

const root = join(__dirname, "../../..");

const files = execFileSync("git", ["ls-files", "src", "test", "scripts", "*.js"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(ts|js)$/.test(file) && existsSync(join(root, file)))
  // What browsers load.
  .filter((file) => !file.includes("/public/"));

/** The packages that a file names, in imports, in `declare module`, and to Jest. */
function packagesIn(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const { importedFiles, ambientExternalModules = [] } = ts.preProcessFile(text, true, true);
  const asked = text.matchAll(/(?:doMock|requireActual|require\.resolve|load<.+>)\("([^"]+)"\)/g);
  const augmented = text.matchAll(/^declare module "([^"]+)"/gm);
  const names = [
    ...importedFiles.map(({ fileName }) => fileName),
    ...ambientExternalModules,
    ...[...asked, ...augmented].map(([, name = ""]) => name),
  ];
  return names
    .filter((name) => /^(@[\w.-]+\/)?[\w.-]+(\/|$)/.test(name) && !/^(\.|node:|src\/)/.test(name))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)![0]);
}

/** What the nearest manifest above a file declares, and those above that one, types by the name of what they describe. */
function declaredFor(file: string): Set<string> {
  const declared = new Set<string>(builtinModules);
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(root, folder, "package.json");
    if (existsSync(manifest)) {
      const { dependencies, devDependencies } = JSON.parse(
        readFileSync(manifest, "utf8"),
      ) as Record<"dependencies" | "devDependencies", Record<string, string> | undefined>;
      for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
        declared.add(name).add(name.replace(/^@types\//, ""));
      }
    }
    if (folder === ".") return declared;
  }
}

describe("what is imported", () => {
  it("is declared in a package.json", () => {
    const missing = files.flatMap((file) => {
      const declared = declaredFor(file);
      return [...new Set(packagesIn(file))]
        .filter((name) => !declared.has(name))
        .map((name) => `${file}: ${name}`);
    });
    expect(files.length).toBeGreaterThan(100);
    expect(missing).toEqual([]);
  });
});
