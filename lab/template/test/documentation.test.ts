// Commands, links and dependencies in the pages are correct.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { collectDefaultMetrics, Registry } from "prom-client";
import { deadLinks } from "../links";
import { isMessage, messagesIn } from "../messages";

const root = join(__dirname, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const pagesIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));

interface Manifest {
  name: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  exports?: Record<string, unknown>;
  private?: boolean;
}
const manifestOf = (folder: string) => JSON.parse(read(join(folder, "package.json"))) as Manifest;

const packages = readdirSync(join(root, "packages"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => join("packages", entry.name));
const sources = packages.map((name) => join(name, "src"));
const folders = sources
  .filter((path) => existsSync(join(root, path)))
  .flatMap((path) =>
    readdirSync(join(root, path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(path, entry.name)),
  );
const pages = [".", "docs", "lab", ...packages, ...folders].flatMap(pagesIn);

/** A changelog may name removed files. */
const present = pages.filter((page) => !page.endsWith("CHANGELOG.md"));

/** The contents of the TypeScript files in a folder, and below. */
const textsIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => read(join(folder, name)));

/** The first cells of a page's tables, if they are `code` or plain words. */
const firstCells = (page: string) =>
  [...read(page).matchAll(/^\| `?((?:npm )?[@a-z][^`|]*?)`? +\|/gm)].map(([, name = ""]) => name);

describe("Berth's documentation", () => {
  const { scripts = {}, dependencies = {} } = manifestOf(".");

  it("names only scripts and files that exist", () => {
    const text = [...present, ".env.example"].map(read).join();
    const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
    const paths = [...text.matchAll(/`((?:packages|lab|scripts)\/[\w./-]+)`/g)];
    expect(paths.length).toBeGreaterThan(3);
    expect(
      paths.map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path))),
    ).toEqual([]);
  });

  it("lists every script that a developer would run", () => {
    const rows = [...pagesIn("docs"), "lab/README.md"].map(read).join("\n");
    const listed = rows.matchAll(/^\| \[?`npm (?:run )?([a-z:]+)/gm);
    // npm itself runs the first three.
    const partOfAnother = ["prepare", "prebuild", "pretest", "format:check"];
    expect([...new Set([...listed].map(([, name]) => name))].sort()).toEqual(
      Object.keys(scripts)
        .filter((name) => !partOfAnother.includes(name))
        .sort(),
    );
  });

  it("links only to existing pages and headings", () => {
    const texts = new Map(pages.map((page) => [page, read(page)]));
    expect(deadLinks(texts, (path) => existsSync(join(root, path)))).toEqual([]);
  });

  describe("docs/operate.md", () => {
    const spans = [...read("docs/operate.md").matchAll(/(?<!`)`([^`\n]+)`/g)].map(
      ([, span = ""]) => span,
    );
    const find = (pattern: RegExp) =>
      spans.map((span) => pattern.exec(span)?.[0] ?? "").filter(Boolean);
    const code = sources.filter((path) => existsSync(join(root, path))).flatMap(textsIn);

    it("quotes only what is logged", () => {
      const quoted = find(/(?<=^"(?:… )?)(?!… ).+(?="$)/);
      expect(quoted.length).toBeGreaterThan(10);
      const messages = code.flatMap(messagesIn);
      expect(quoted.filter((text) => !isMessage(text, messages))).toEqual([]);
    });

    it("names only metrics and labels that there are", async () => {
      const registry = new Registry();
      collectDefaultMetrics({ register: registry });
      const defaults = (await registry.getMetricsAsJSON()).map(({ name }) => name);
      const own = textsIn("packages/berth-telemetry/src").flatMap(
        (text) => text.match(/(?<=")[a-z]+(_[a-z0-9]+)+(?=")/g) ?? [],
      );
      // Those of PostgreSQL are its own.
      const named = find(/^(?!pg_|max_|rule_files)[a-z]+(_[a-z0-9]+)+(?=$|\{|=)/);
      expect(named.length).toBeGreaterThan(30);
      expect(named.filter((name) => ![...defaults, ...own].includes(name))).toEqual([]);
    });

    it("names only paths and fields that there are", () => {
      const text = code.join();
      const named = find(/^(\/debug\/[a-z-]+|[a-z]+[A-Z]\w+)/);
      expect(named.length).toBeGreaterThan(10);
      const inCode = (name: string) => (name.startsWith("/") ? `"${name}"` : name);
      expect(named.filter((name) => !text.includes(inCode(name)))).toEqual([]);
    });
  });

  it("has a README of at most 700 words", () => {
    const prose = read("README.md").replaceAll(/```[^]*?```/g, "");
    expect(prose.split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(700);
  });

  it("justifies every production dependency of the template", () => {
    const rows = firstCells("docs/architecture.md").filter((name) => name in dependencies);
    expect(rows).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  });

  describe.each(packages)("%s/README.md", (folder) => {
    const page = join(folder, "README.md");
    const manifest = manifestOf(folder);

    it("justifies every dependency and peer, and nothing else", () => {
      const table = firstCells(page).filter((name) => !name.startsWith(`${manifest.name}/`));
      const entries = entryPointsOf(manifest);
      const all = { ...manifest.dependencies, ...manifest.peerDependencies };
      expect(table.filter((name) => !entries.includes(name)).sort()).toEqual(
        Object.keys(all).sort(),
      );
    });

    it("lists every entry point, and nothing else", () => {
      const listed = [...read(page).matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name);
      expect(listed.sort()).toEqual(entryPointsOf(manifest).sort());
    });

    it("stands beside a licence and a changelog", () => {
      expect(read(join(folder, "LICENSE"))).toBe(read("LICENSE"));
      const { version } = JSON.parse(read(join(folder, "package.json"))) as { version: string };
      expect(read(join(folder, "CHANGELOG.md"))).toContain(`\n## ${version}`);
    });
  });
});

const entryPointsOf = ({ name, exports = {} }: Manifest): string[] =>
  Object.keys(exports)
    .filter((path) => path !== "./package.json")
    .map((path) => name + path.slice(1));
