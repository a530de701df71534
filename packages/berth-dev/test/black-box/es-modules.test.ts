// Packages that are ES modules behave in Jest as they do in Node.
import { execFileSync } from "node:child_process";
import { createJestProject } from "../support/jest-project";

const manifest = (members: object) => JSON.stringify({ version: "1.0.0", ...members });

const PACKAGES = {
  // As file-type: nothing for `require` but what is for both.
  "sync-only": {
    "package.json": manifest({
      type: "module",
      exports: { ".": { node: { import: "./index.js", "module-sync": "./index.js" } } },
    }),
    "index.js": `import { deep } from "./deep.js"; export default deep; export const kind = "sync";`,
    "deep.js": `export const deep = "deep";`,
  },
  "import-only": {
    "package.json": manifest({ type: "module", exports: { import: "./index.js" } }),
    "index.js": `import { kind } from "sync-only"; export default () => kind; export const named = 1;`,
  },
  // With a CommonJS variant, which Node does not take.
  dual: {
    "package.json": manifest({
      exports: { "module-sync": "./index.mjs", default: "./index.cjs" },
    }),
    "index.mjs": `export const from = "mjs";`,
    "index.cjs": `exports.from = "cjs";`,
  },
  nested: {
    "package.json": manifest({
      exports: { ".": { "module-sync": "./dist/esm/index.js", require: "./dist/index.js" } },
    }),
    "dist/index.js": `exports.from = "cjs";`,
    "dist/esm/package.json": `{ "type": "module" }`,
    "dist/esm/index.js": `export const from = "esm";`,
  },
  // The types of a package that has both are those of `require`.
  "two-kinds": {
    "package.json": manifest({
      exports: {
        ".": { import: "./index.mjs", require: "./index.js" },
        "./package.json": "./package.json",
      },
    }),
    "index.js": `exports.from = "cjs";`,
    "index.mjs": `export const from = "mjs";`,
  },
  meta: {
    "package.json": manifest({ type: "module", exports: "./index.js" }),
    "index.js": `#!/usr/bin/env node
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
export const names = [import.meta.url, import.meta.resolve("./index.js")].map((url) => basename(fileURLToPath(url)));
names.push(basename(import.meta.filename), basename(import.meta.dirname));
export const lineOf = () => /index\\.js:(\\d+)/.exec(new Error().stack)[1];`,
  },
  common: {
    "package.json": manifest({}),
    "index.js": `exports.from = "common";`,
  },
  "own-export": {
    "package.json": manifest({ type: "module", exports: "./index.js" }),
    "index.js": `const own = () => "own"; export { own as "module.exports" };`,
  },
};

const MAIN = `
import { lookup } from "node:dns";
import got, { HTTPError } from "got";
import { from as dual } from "dual";
import { from as nested } from "nested";
import { from as twoKinds } from "two-kinds";
import deep, { kind } from "sync-only";
import { lineOf, names } from "meta";

const own = require("own-export");

export async function main() {
  const { default: importOnly, named } = await import("import-only");
  const commonJs = await import("two-kinds/package.json", { with: { type: "json" } });
  const { default: all, from } = await import("common");
  return [deep, kind, importOnly(), named, dual, nested, twoKinds, names, lineOf(), own(),
    commonJs.default.version, all.from, from,
    typeof got.extend, typeof HTTPError, typeof lookup];
}
`;
const EXPECTED = [
  ...["deep", "sync", "sync", 1, "mjs", "esm", "cjs"],
  ["index.js", "index.js", "index.js", "meta"],
  ...["6", "own", "1.0.0", "common", "common", "function", "function", "function"],
];

describe("packages that are ES modules", () => {
  const waiting = {
    "package.json": manifest({ type: "module", exports: "./index.js" }),
    "index.js": `const value = async () => await 1;\nexport const one = await value();`,
  };
  const project = createJestProject({ ...PACKAGES, waiting }, ["got"]);

  it("are the same in Jest as in Node; one with a top-level await says what to do", async () => {
    project.write("src/main.ts", MAIN);
    project.write(
      "src/node.ts",
      `import { main } from "./main"; void main().then((value) => console.log(JSON.stringify(value)));`,
    );
    const node = execFileSync(
      process.execPath,
      ["--no-warnings", "--require", require.resolve("berth-dev/typescript"), "src/node.ts"],
      { cwd: project.folder, encoding: "utf8" },
    );
    expect(JSON.parse(node)).toEqual(EXPECTED);

    project.write(
      "test/same.test.ts",
      `import { startUpstream } from "berth/testing";
import got from "got";
import { main } from "../src/main";
it("is the same", async () => expect(await main()).toEqual(${JSON.stringify(EXPECTED)}));
it("works", async () => {
  const { url } = await startUpstream((_req, res) => void res.end('{"a":1}'));
  expect(await got(url).json()).toEqual({ a: 1 });
});
it("names what is missing", () => {
  expect(() => require("absent")).toThrow("Cannot find module 'absent'");
  expect(() => require("sync-only/other")).toThrow("sync-only");
});
`,
    );
    project.write(
      "test/waiting.test.ts",
      `it("waits", async () => expect((await import("waiting")).one).toBe(1));`,
    );
    const { failures } = await project.run();
    expect(failures).toEqual({
      "is the same": "",
      works: "",
      "names what is missing": "",
      waits: expect.stringMatching(
        /^Error: .*waiting\/index\.js has a top-level await, which Jest cannot load: load it by await import\(\), and test what uses it in a started process \(startSource of berth\/testing\)\n/,
      ) as string,
    });
  });
});
