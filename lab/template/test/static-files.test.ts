import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../../..");
const project = mkdtempSync(join(tmpdir(), "static-"));
afterAll(() => rmSync(project, { recursive: true }));

const files = {
  "src/server.ts": "export const isBuilt: boolean = true;\n",
  "src/features/x/public/page.html": "<script src=app.js></script>\n",
  "src/features/x/public/app.js": 'document.title = location.href + "x";\n',
};

/** A project with the build and lint settings of this one, and other files. */
function createProject(): void {
  for (const name of ["package.json", "tsconfig.json", "tsconfig.build.json"]) {
    cpSync(join(root, name), join(project, name));
  }
  const lint = readFileSync(join(root, "eslint.config.js"), "utf8");
  writeFileSync(join(project, "eslint.config.js"), lint.replaceAll(/.*\/\/ part: berth\n/g, ""));
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
  mkdirSync(join(project, "src/features/x/public"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
}

/** Without what this repository runs before a build: a service has no packages to compile. */
const run = (...args: string[]) =>
  execFileSync("npm", ["run", "--silent", "--ignore-scripts", ...args], {
    cwd: project,
    encoding: "utf8",
  });

describe("static files beside a feature", () => {
  beforeAll(createProject);

  it("are copied unchanged from src to dist", () => {
    run("build");
    for (const name of ["page.html", "app.js"] as const) {
      const built = readFileSync(join(project, "dist/features/x/public", name), "utf8");
      expect(built).toBe(files[`src/features/x/public/${name}`]);
    }
    expect(() => readFileSync(join(project, "dist/server.ts"))).toThrow("ENOENT");
    expect(readFileSync(join(project, "dist/server.js"), "utf8")).toContain("isBuilt");
  });

  it("pass lint, with browsers' globals", () => {
    expect(run("lint")).toBe("");
  });
});
