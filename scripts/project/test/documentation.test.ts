import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { documentEnvExample, documentReadme } from "../document-config";

const root = join(__dirname, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const readme = read("README.md");
const { scripts, dependencies } = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

/** Table cells are padded by the formatter. */
const unpadded = (markdown: string) =>
  markdown.replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---");
const inTable = (pattern: RegExp) => [...readme.matchAll(pattern)].map(([, name]) => name);

describe("the documentation", () => {
  it("has the configuration as the schema has it: `npm run docs` writes it", () => {
    expect(unpadded(readme)).toBe(unpadded(documentReadme(readme)));
    expect(read(".env.example")).toBe(documentEnvExample());
  });

  it("names only scripts that exist", () => {
    const pages = ["README.md", "docs/decisions.md", "CHANGELOG.md", ".env.example"]
      .map(read)
      .join();
    const named = [...pages.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });

  it("lists every script that a person would run", () => {
    const listed = inTable(/^\| `npm (?:run )?([a-z:]+)`/gm);
    const partOfAnother = ["format:check"];
    expect(listed.sort()).toEqual(
      Object.keys(scripts)
        .filter((name) => !partOfAnother.includes(name))
        .sort(),
    );
  });

  it("justifies every production dependency", () => {
    const justified = inTable(/^\| ([a-z][a-z-]*) +\|/gm);
    expect(justified.sort()).toEqual(Object.keys(dependencies).sort());
  });

  it("shows the rooms that are there", () => {
    const shown = inTable(/^ {2}([\w-]+)[/.]/gm);
    const there = readdirSync(join(root, "src")).map((name) => name.replace(/\.ts$/, ""));
    expect(shown.sort()).toEqual(there.sort());
  });
});
