// Running TypeScript programs, as `berth reload` and the tests of a service do.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const hook = require.resolve("berth-dev/typescript");
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "typescript-"));
  write("package.json", `{ "type": "commonjs" }`);
});
afterEach(() => rmSync(project, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
}

/** Started in another folder: the project is that of the program. */
const run = (file: string) =>
  spawnSync(process.execPath, ["--require", hook, join(project, file)], {
    cwd: tmpdir(),
    encoding: "utf8",
  });
const kept = () => readdirSync(join(project, "node_modules/.cache/berth/typescript"));

describe("a program in TypeScript", () => {
  it("runs with its imports, and is only compiled again after a change", () => {
    write("src/greeting.ts", `export const greeting: string = "Ahoy";\n`);
    write("src/main.ts", `import { greeting } from "./greeting";\nconsole.log(greeting);\n`);
    expect(run("src/main.ts").stdout).toBe("Ahoy\n");
    const before = kept();
    expect(before).toHaveLength(2);
    write("src/greeting.ts", `export const greeting: string = "Moin";\n`);
    expect(run("src/main.ts").stdout).toBe("Moin\n");
    const after = kept();
    expect(after).toHaveLength(2);
    expect(after.filter((file) => before.includes(file))).toHaveLength(1);
    expect(run("src/main.ts").stdout).toBe("Moin\n");
    expect(kept()).toEqual(after);
  });

  it("is compiled with the options of tsconfig.json and of its base file", () => {
    const options = (value: boolean) =>
      JSON.stringify({ compilerOptions: { useDefineForClassFields: value } });
    write("tsconfig.json", `{ "extends": "./base.json" }`);
    write(
      "main.ts",
      `class Base { constructor() { (this as any).name = "set"; } }
       class Derived extends Base { name?: string; }
       console.log(new Derived().name);\n`,
    );
    write("base.json", options(true));
    expect(run("main.ts").stdout).toBe("undefined\n");
    write("base.json", options(false));
    expect(run("main.ts").stdout).toBe("set\n");
  });

  it("has TypeScript lines in its stacks", () => {
    write("main.ts", `interface Gone {\n  a: string;\n}\n\nthrow new Error("here");\n`);
    expect(run("main.ts").stderr).toContain(`${join(project, "main.ts")}:5:7`);
  });

  it("reports the line of a syntax error", () => {
    write("main.ts", `const a = 1;\nconst = 2;\n`);
    expect(run("main.ts").stderr).toMatch(/SyntaxError: .*main\.ts:2: /);
  });

  it("runs if the cache cannot be written", () => {
    write("node_modules", "no folder");
    write("main.ts", `console.log("ran" satisfies string);\n`);
    expect(run("main.ts").stdout).toBe("ran\n");
  });

  it("imports ES modules as Node does", () => {
    write("other.mjs", `export const name = "other";\n`);
    write("main.ts", `void import("./other.mjs").then(({ name }) => console.log(name));\n`);
    expect(
      execFileSync(process.execPath, ["--require", hook, join(project, "main.ts")]).toString(),
    ).toBe("other\n");
  });
});
