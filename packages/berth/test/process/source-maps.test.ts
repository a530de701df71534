import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { withSources } from "../../src/process/source-maps";

describe("withSources", () => {
  let folder: string;
  let compiled: string;
  const sources = "interface Gone {\n  a: string;\n}\nexport const f = (): Gone => g();\n";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "source-maps-"));
    compiled = join(folder, "a.js");
    const { outputText, sourceMapText = "" } = ts.transpileModule(sources, {
      fileName: "a.ts",
      compilerOptions: { sourceMap: true, module: ts.ModuleKind.CommonJS },
    });
    writeFileSync(compiled, outputText);
    writeFileSync(`${compiled}.map`, sourceMapText);
    writeFileSync(join(folder, "broken.js.map"), "{");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The position of the call in the compiled file. */
  const place = () => {
    const lines = ts.sys.readFile(compiled)?.split("\n") ?? [];
    const line = lines.findIndex((text) => text.includes("g()"));
    return `${line + 1}:${(lines[line] ?? "").indexOf("g()") + 1}`;
  };

  it("names the source in every kind of frame", () => {
    const source = `${join(folder, "a.ts")}:4:30`;
    const url = pathToFileURL(compiled).href;
    expect(
      withSources(
        `Error: x\n    at f (${compiled}:${place()})\n    at ${compiled}:${place()}\n    at async f (${url}:${place()})`,
      ),
    ).toBe(`Error: x\n    at f (${source})\n    at ${source}\n    at async f (${source})`);
  });

  it("keeps frames without a map, or with a broken one", () => {
    const stack = `Error: see /x.js\n    at f (${folder}/none.js:1:2)\n    at ${folder}/broken.js:1:2\n    at node:internal/main:1:2`;
    expect(withSources(stack)).toBe(stack);
  });

  describe("in node_modules", () => {
    const inFolder = (...path: string[]) => join(folder, "node_modules/a", ...path);
    const write = (path: string, text: string) => {
      mkdirSync(dirname(inFolder(path)), { recursive: true });
      writeFileSync(inFolder(path), text);
    };
    const stackOf = (path: string) => `Error: x\n    at f (${inFolder(path)}:${place()})`;

    beforeEach(() => {
      const map = JSON.parse(readFileSync(`${compiled}.map`, "utf8")) as { sources: string[] };
      write("dist/b/a.js.map", JSON.stringify({ ...map, sources: ["../../src/b/a.ts"] }));
    });

    it("names the source if the package contains it", () => {
      write("src/b/a.ts", sources);
      expect(withSources(stackOf("dist/b/a.js"))).toBe(
        `Error: x\n    at f (${inFolder("src/b/a.ts")}:4:30)`,
      );
    });

    it("keeps frames if the package has a map without the source", () => {
      expect(withSources(stackOf("dist/b/a.js"))).toBe(stackOf("dist/b/a.js"));
    });

    it("looks for a map only once", () => {
      expect(withSources(stackOf("dist/late.js"))).toBe(stackOf("dist/late.js"));
      write("src/b/a.ts", sources);
      write(
        "dist/late.js.map",
        readFileSync(inFolder("dist/b/a.js.map"), "utf8").replace("../../", "../"),
      );
      expect(withSources(stackOf("dist/late.js"))).toBe(stackOf("dist/late.js"));
    });
  });
});
