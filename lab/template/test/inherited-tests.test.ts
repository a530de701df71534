// The tests that a service inherits stay green when its owner changes what the pages say may be changed.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyService } from "../service-copy";

const scratch = realpathSync(mkdtempSync(join(tmpdir(), "inherited tests-")));
afterAll(() => rmSync(scratch, { recursive: true }));

type Change = readonly [file: string, from: string, to: string];

/** A copy of the service, with all parts, in which each of these texts is replaced. */
function service(name: string, changes: readonly Change[]): string {
  const folder = join(scratch, name);
  copyService(folder, [
    "test",
    "docs",
    "scripts/document-config.ts",
    ".env.example",
    "jest.config.js",
  ]);
  for (const [file, from, to] of changes) {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    expect([file, text]).toEqual([file, expect.stringContaining(from)]);
    writeFileSync(
      path,
      text.replaceAll(from, () => to),
    );
  }
  return folder;
}

/** What an owner does after a change: `npm run docs`, `npm run typecheck`, and `npm test` of these files. */
function check(folder: string, ...tests: string[]): void {
  const node = (...args: string[]) =>
    execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  node("--require", "berth-dev/typescript", "scripts/document-config.ts");
  node("node_modules/typescript/bin/tsc", "--noEmit");
  const jest = spawnSync(
    process.execPath,
    ["node_modules/jest/bin/jest.js", "--maxWorkers", "2", ...tests],
    { cwd: folder, encoding: "utf8" },
  );
  expect([jest.status, jest.stderr]).toEqual([0, expect.stringMatching(/Tests: +(?!.*failed)/)]);
}

const CACHE = `  cache: (_options: AttachOptions<Config>) => ({
    use: { get: () => Promise.resolve(undefined) },
    check: () => Promise.reject(new Error("away")),
    isRequired: false,
    close: () => Promise.resolve(),
  }),
} satisfies`;

/** As docs/http.md has it, described. */
const EVENTS = `  const { draining } = services;
  app.get(
    "/events",
    describeRoute({
      summary: "What happens.",
      responses: { 200: { mediaType: "text/event-stream" } },
    }),
    (_req, res) => {
      const end = () => res.end();
      draining.addEventListener("abort", end);
      res.on("close", () => draining.removeEventListener("abort", end));
      res.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-store" }).flushHeaders();
      if (draining.aborted) end();
    },
  );
  app.get(
    "/stock.csv",
    describeRoute({ summary: "A table.", responses: { 200: { mediaType: "text/csv" } } }),
    (_req, res) => void res.type("text/csv").send("tool,left\\r\\nsaw,2\\r\\n"),
  );
  app.use("/notes",`;

describe("the inherited tests", () => {
  it("pass with required tokens, an optional service that is away, an event stream and a table", () => {
    const folder = service("more", [
      ["src/config.ts", "optionalTokenVariables", "tokenVariables"],
      ["src/services.ts", "} satisfies", CACHE],
      [
        "src/services.ts",
        "import { attachServices,",
        "import { type AttachOptions, attachServices,",
      ],
      ["src/routes.ts", '  app.use("/notes",', EVENTS],
      ["src/routes.ts", "import { apiDocs }", "import { apiDocs, describeRoute }"],
    ]);
    const named = ["api", "app", "config", "conformance", "rate-limit", "schemas", "tokens"];
    check(folder, ...named.map((name) => `test/${name}.test.ts`));
  });

  it("pass without a documentation page", () => {
    const folder = service("less", [
      ["src/config.ts", "  ...apiVariables, // part: docs\n", ""],
      ["src/config.ts", "  apiVariables,\n", ""],
      ["src/routes.ts", 'import { apiDocs } from "berth/api";\n', ""],
      [
        "src/routes.ts",
        "  const { name: title, version } = services.about;\n  if (services.config.API_DOCS) app.use(apiDocs({ title, version }));\n",
        "",
      ],
      ["src/feed.ts", 'import { apiDocs } from "berth/api";\n', ""],
      [
        "src/feed.ts",
        "      if (config.API_DOCS) to.use(apiDocs({ title: `${about.name} feed`, version: about.version }));\n",
        "",
      ],
    ]);
    const named = ["api", "app", "config", "conformance", "features/feed/process"];
    check(folder, ...named.map((name) => `test/${name}.test.ts`));
  });
});
