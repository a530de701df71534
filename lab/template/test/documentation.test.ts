import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** Pages of the owner's own are none of Berth's business. */
const isBerths = read("README.md").startsWith("# Berth\n");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs")).flatMap((name) =>
    name.endsWith(".md") ? `docs/${name}` : [],
  ),
];

(isBerths ? describe : describe.skip)("Berth's documentation", () => {
  const { scripts, dependencies } = JSON.parse(read("package.json")) as {
    scripts: Record<string, string>;
    dependencies: Record<string, string>;
  };

  it("names only scripts that exist", () => {
    const text = [...pages, "CHANGELOG.md", ".env.example"].map(read).join();
    const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });

  it("lists every script that a person would run", () => {
    const commands = read("docs/development.md").matchAll(/^\| `npm (?:run )?([a-z:]+)/gm);
    const listed = [...commands].map(([, name]) => name);
    const partOfAnother = ["format:check"];
    expect([...new Set(listed)].sort()).toEqual(
      Object.keys(scripts)
        .filter((name) => !partOfAnother.includes(name))
        .sort(),
    );
  });

  it("justifies every production dependency", () => {
    const table = read("docs/decisions.md").matchAll(/^\| (@?[a-z][a-z/-]*) +\|/gm);
    expect([...table].map(([, name]) => name).sort()).toEqual(Object.keys(dependencies).sort());
  });

  it("links only to pages that are there", () => {
    const dead = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, target = ""]) => join(page, "..", target))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(dead).toEqual([]);
  });

  it("is a README of at most 700 words", () => {
    const prose = read("README.md").replaceAll(/```[^]*?```/g, "");
    expect(prose.split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(700);
  });
});
