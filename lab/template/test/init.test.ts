// `npm run init`, and the services that it creates.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { parseOptions } from "berth-dev/create";
import { deadLinks } from "../links";
import { filesIn, git, newFolder, packed, read, root, scratch, writeService } from "../new-service";
import {
  filesOf,
  goneOf,
  PART_NAMES,
  README,
  renderText,
  withoutLinks,
  withoutParts,
  withoutProcesses,
} from "berth-dev/scaffold";

/** A copy of the checkout, like a clone after `npm ci`. */
function clone({ withGit }: { withGit: boolean }): string {
  const folder = newFolder();
  const files = git(root, "ls-files", "-co", "--exclude-standard").split("\n").filter(Boolean);
  const compiled = ["berth", "berth-dev", "berth-grpc", "berth-telemetry", "port-contract"];
  const all = [...files, ...compiled.map((name) => `packages/${name}/dist`)];
  for (const file of all.filter((name) => existsSync(join(root, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file), { recursive: true, preserveTimestamps: true });
  }
  // init works in the cache, which must be on the disk of the clone.
  mkdirSync(join(folder, "node_modules"));
  for (const name of execFileSync("ls", ["-A", join(root, "node_modules")], { encoding: "utf8" })
    .split("\n")
    .filter((each) => each !== "" && each !== ".cache")) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  if (withGit) {
    git(folder, "init", "-q");
    git(folder, "add", "-A");
    git(folder, "commit", "-qm", "Clone");
  }
  return folder;
}

const start = ["--require", "ts-node/register", "scripts/init/main.ts"];

function init(folder: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, [...start, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, INIT_CWD: folder, ...env },
  });
}

/** Exit code and output. */
function run(folder: string, ...command: string[]): [number | null, string] {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: "utf8",
  });
  return [status, stdout + stderr];
}

const bin = (file: string) => join(root, "node_modules", file);
/** The matching lines of the service's files, with their paths. */
const mentions = (folder: string, pattern: RegExp): string[] =>
  filesIn(folder)
    .filter((file) => !/^vendor\/|^package-lock/.test(file))
    .flatMap((file) =>
      read(folder, file)
        .split("\n")
        .filter((line) => pattern.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );

/** Broken links in all pages. */
const deadLinksIn = (folder: string): string[] => {
  const pages = filesIn(folder).filter((file) => file.endsWith(".md"));
  const texts = new Map(pages.map((page) => [page, read(folder, page)]));
  return deadLinks(texts, (path) => existsSync(join(folder, path)));
};

/** The pages of a service, and whether it has a file. */
function pagesWithout(leaving: readonly Exclude<PartName, "berth">[]) {
  const isGone = goneOf(leaving);
  const files = filesOf(root).filter((file) => !isGone(file) && file !== "README.md");
  const pages = files.filter((file) => file.endsWith(".md"));
  const texts = pages.map(
    (page) =>
      [
        page,
        renderText(read(root, page), page, { name: "berth", isVendored: true }, leaving),
      ] as const,
  );
  const readme = withoutParts(read(root, README), leaving, README);
  const exists = (path: string) => files.some((file) => `${file}/`.startsWith(`${path}/`));
  return { pages: new Map([...texts, ["README.md", readme]]), exists };
}

const GONE = {
  berth:
    /\blab\/|packages\/|scripts\/init|npm run (init|bench|drain|faults|limits|recipes|instrumentation)\b|decisions\.md|port-contract\.md|src\/chassis|CHANGELOG/,
  sample: /features\/notes|createNotes|localhost:\d+\/notes/,
  docs: /openapi|apiDocs|API_DOCS|npm run (client|fuzz)/i,
  limits: /rateLimit|RATE_LIMIT|REDIS_URL|attachRedis/,
  tokens: /attachTokens|AUTH_(JWKS|ISSUER|AUDIENCE)|issuer/,
  feed: /features\/feed|NOTES_URL|feedVariables|feed\.(ts|js)|^feed:|feed=/,
  telemetry: /telemetry|METRICS_|DEBUG_TOKEN|OTEL_|observeProcess|mountMetrics|mountDebug/i,
  grpc: /grpc(?!-js)|MAX_CONCURRENT_STREAMS|\.proto\b/i,
};
type PartName = keyof typeof GONE;

beforeAll(packed);

/** Pages may also mention parts that the service does not have; code must not. */
const IN_CODE = /^(src|test|scripts|\.github|Procfile|Dockerfile|[a-z.]+\.js(on)?:|\.env)/;

interface Manifest {
  name: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

describe("a service created by npm run init", () => {
  it.each([
    [[], ["limits", "tokens", "feed", "grpc", "telemetry"]],
    [
      ["--without", "sample"],
      ["sample", "limits", "tokens", "feed", "grpc", "telemetry"],
    ],
    [["--with", "all"], []],
    [
      ["--without", "docs"],
      ["docs", "limits", "tokens", "feed", "grpc", "telemetry"],
    ],
    [
      ["--without", "all"],
      ["sample", "docs", "limits", "tokens", "feed", "grpc", "telemetry"],
    ],
  ] as [string[], PartName[]][])("with %j is complete, and has nothing dead", (args, gone) => {
    const folder = writeService(...args);
    const found = (part: PartName) =>
      mentions(folder, GONE[part])
        .filter((line) => part === "berth" || IN_CODE.test(line))
        // Of packages that are ejected.
        .filter((line) => !line.startsWith("docs/upgrade.md: "));
    for (const part of ["berth", ...gone] as const) expect([part, found(part)]).toEqual([part, []]);
    expect(
      mentions(
        folder,
        /\b(begin|end|part): (berth|lab|sample|docs|limits|tokens|feed|grpc|telemetry)\b/,
      ),
    ).toEqual([]);
    expect(deadLinksIn(folder)).toEqual([]);

    const manifest = JSON.parse(read(folder, "package.json")) as Manifest;
    expect(manifest).toMatchObject({
      name: "my-service",
      scripts: { test: "jest", typecheck: "tsc --noEmit" },
      dependencies: { berth: "file:vendor/berth-0.2.0.tgz" },
      devDependencies: {
        "berth-dev": "file:vendor/berth-dev-0.2.0.tgz",
        "port-contract": "file:vendor/port-contract-0.2.0.tgz",
      },
    });
    expect(manifest).not.toHaveProperty("workspaces");
    expect("berth-grpc" in manifest.dependencies).toBe(!gone.includes("grpc"));
    expect("berth-telemetry" in manifest.dependencies).toBe(!gone.includes("telemetry"));
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(7);
    expect(Object.keys(manifest.devDependencies).length).toBeLessThanOrEqual(15);
    const { packages } = JSON.parse(read(folder, "package-lock.json")) as Lock;
    expect(packages[""]?.name).toBe("my-service");
    const links = Object.entries(packages).filter(
      ([path, { link, integrity }]) => path !== "" && (link || !integrity),
    );
    expect(links).toEqual([]);
    // No compiler and no types in production, except those of gRPC.
    const production = Object.entries(packages).filter(([, of]) => !(of.dev || of.devOptional));
    const types = production.filter(([path]) => /node_modules\/(@types\/|typescript$)/.test(path));
    expect(types.map(([path]) => path)).toEqual(
      gone.includes("grpc") ? [] : ["node_modules/@types/node"],
    );

    expect(run(folder, bin("typescript/bin/tsc"), "--noEmit")).toEqual([0, ""]);
    expect(run(folder, bin("prettier/bin/prettier.cjs"), "--check", ".")).toEqual([
      0,
      expect.any(String),
    ]);
    // The slowest checks run only for the largest and the smallest service.
    if (args.includes("all")) {
      expect(run(folder, bin("eslint/bin/eslint.js"), ".")).toEqual([0, ""]);
    }
    const [, listed] = run(folder, bin("jest/bin/jest.js"), "--listTests");
    const tests = filesIn(folder).filter((file) => file.endsWith(".test.ts"));
    expect(listed.trim().split("\n").sort()).toEqual(tests.map((file) => join(folder, file)));
  });

  it("has no dead links, whichever parts it has", () => {
    const combinations = PART_NAMES.reduce<(typeof PART_NAMES)[number][][]>(
      (sets, part) => [...sets, ...sets.map((set) => [...set, part])],
      [[]],
    );
    for (const leaving of combinations) {
      const { pages, exists } = pagesWithout(leaving);
      expect([leaving, deadLinks(pages, exists)]).toEqual([leaving, []]);
    }
  });

  it("has no rows about packages and scripts that it does not have", () => {
    const text = [...pagesWithout(["grpc", "docs"]).pages.values()].join("\n");
    expect(text).toMatch(/^\| `berth-dev` +\|/m);
    expect(text).not.toMatch(/^\| `?(berth-grpc|openapi-typescript|npm run fuzz)/m);
  });

  it("has its own name in place of berth", () => {
    const folder = writeService();
    expect(read(folder, "LICENSE")).toMatch(/^Copyright \(c\) \d{4} Ada & Co\nCopyright .*Berth/m);
    expect(read(folder, "README.md")).toMatch(/^# my-service\n\nThe my-service service\.\n/);
    expect(read(folder, "docs/deploy/my-service@.service")).toContain("Sockets=my-service.socket");
    expect(read(folder, ".github/workflows/check.yml")).toContain("docker build -t my-service .");
  });
});

interface Lock {
  packages: Record<
    string,
    { name?: string; link?: boolean; integrity?: string; dev?: boolean; devOptional?: boolean }
  >;
}

/** Loaded by Node before init: sends a signal to itself after this number of calls of a function. */
function signalAt(module: string, name: string, call: number, signal: NodeJS.Signals) {
  const file = `${newFolder()}.js`;
  writeFileSync(
    file,
    `const of = require(${JSON.stringify(module)});
    const { ${name}: own } = of;
    let calls = 0;
    of.${name} = (...args) => {
      if (/init[\\\\/]main\\.ts$/.test(process.argv[1]) && !String(args[0]).endsWith(".part") && ++calls === ${call})
        process.kill(process.pid, ${JSON.stringify(signal)});
      return own(...args);
    };`,
  );
  return { NODE_OPTIONS: `--require ${file}` };
}

describe("npm run init", () => {
  let expected: string[];
  const left = (folder: string) => filesIn(folder).filter((file) => !file.startsWith(".data/"));

  it("replaces the clone, and removes its leftovers", () => {
    const folder = clone({ withGit: true });
    mkdirSync(join(folder, ".data/postgres"), { recursive: true });
    writeFileSync(join(folder, ".env"), "PORT=5001\n");
    const { status, stdout, stderr } = init(folder, ["my-service"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("This is now my-service.");
    expected = left(folder);
    expect(expected).toContain("vendor/berth-0.2.0.tgz");
    expect(
      ["packages", "lab", "scripts/init", ".data", "node_modules/.cache/init"].filter(
        (path) => existsSync(join(folder, path)) && path !== "node_modules/.cache/init",
      ),
    ).toEqual([]);
    expect(read(folder, ".env")).toBe("PORT=5001\n");
    rmSync(join(folder, ".env"));
    expected = left(folder);
  });

  it("does not change the clone if it is interrupted before the service is complete", () => {
    const folder = clone({ withGit: true });
    const { signal } = init(
      folder,
      ["my-service"],
      signalAt("node:child_process", "spawnSync", 4, "SIGINT"),
    );
    expect(signal).toBe("SIGINT");
    expect(git(folder, "status", "--porcelain")).toBe("");
  });

  it.each([40])("can be finished by another run after a kill at file %i", (file) => {
    const folder = clone({ withGit: true });
    const { signal } = init(
      folder,
      ["my-service"],
      signalAt("node:fs", "renameSync", file, "SIGKILL"),
    );
    expect(signal).toBe("SIGKILL");
    expect(git(folder, "status", "--porcelain")).not.toBe("");
    const { status, stdout, stderr } = init(folder, []);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Finishing the interrupted init of my-service");
    expect(left(folder)).toEqual(expected);
  });

  it("ignores Ctrl-C once it changes the clone", () => {
    const folder = clone({ withGit: true });
    const { status } = init(folder, ["my-service"], signalAt("node:fs", "renameSync", 9, "SIGINT"));
    expect(status).toBe(0);
    expect(left(folder)).toEqual(expected);
  });

  it("creates the service in another folder, from a copy without git", () => {
    const folder = clone({ withGit: false });
    const before = filesIn(folder);
    const to = newFolder();
    mkdirSync(to);
    const { status, stdout, stderr } = init(folder, ["my-service", "--to", to]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Created my-service in ${to}.`);
    expect(filesIn(to)).toEqual(expected);
    expect(filesIn(folder)).toEqual(before);
  });
});

describe("npm run init changes nothing and exits with one line", () => {
  let folder: string;
  beforeAll(() => {
    folder = clone({ withGit: true });
    mkdirSync(join(scratch, "full"));
    writeFileSync(join(scratch, "full/mine.txt"), "mine");
  });

  function refusal(...args: string[]): string {
    const { status, stdout, stderr } = init(folder, args);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^init: [^\n]+\n$/);
    return stderr;
  }

  it.each([
    ["no name", [], "expected one NAME"],
    ["a bad name", ["My Service"], "expected one NAME"],
    ["a dependency's name", ["express"], '"express" is the name of a package or module'],
    ["the name of a package of Berth", ["berth-dev"], '"berth-dev" is the name of a package'],
    ["a module's name", ["http"], '"http" is the name of a package or module'],
    ["an unknown part", ["x", "--with", "sample,tests"], 'or all; got "tests"'],
    [
      "a part in both --with and --without",
      ["x", "--with", "docs", "--without", "docs"],
      "docs is in both --with and --without",
    ],
    [
      "a part that lacks another",
      ["x", "--with", "feed", "--without", "sample"],
      "feed needs sample",
    ],
    ["an unknown option", ["x", "--force"], "Unknown option '--force'"],
    [
      "a folder that is not empty",
      ["x", "--to", join(scratch, "full")],
      "exists and is not an empty folder",
    ],
    [
      "a file in place of a folder",
      ["x", "--to", join(scratch, "full/mine.txt")],
      "exists and is not an empty folder",
    ],
    ["a folder in the clone", ["x", "--to", "x"], "is inside this clone"],
  ])("for %s", (_what, args, message) => {
    expect(refusal(...args)).toContain(message);
    expect(git(folder, "status", "--porcelain")).toBe("");
  });

  it("while another one runs", () => {
    const hook = `${newFolder()}.js`;
    // The first one runs the second one when it calls git, or else npm, for the first time.
    writeFileSync(
      hook,
      `const of = require("node:child_process");
      const { spawnSync } = of;
      of.spawnSync = (...args) => {
        of.spawnSync = spawnSync;
        const { NODE_OPTIONS, ...env } = process.env;
        const second = spawnSync(process.execPath, ${JSON.stringify([...start, "b"])}, { env, encoding: "utf8" });
        console.log(JSON.stringify([process.pid, second.status, second.stdout, second.stderr]));
        process.kill(process.pid, "SIGKILL");
      };`,
    );
    const { stdout } = init(folder, ["a"], { NODE_OPTIONS: `--require ${hook}` });
    const [pid, ...second] = JSON.parse(stdout) as [number, ...unknown[]];
    const line = `^init: process ${pid} runs init in this clone: wait until it has ended, [^\n]+\n$`;
    expect(second).toEqual([1, "", expect.stringMatching(line)]);
    // It has left its lock, which counts no more.
    expect(refusal("My Service")).toContain("expected one NAME");
  });

  it("for a folder that cannot be created", () => {
    expect(refusal("x", "--to", join(scratch, "full/mine.txt/x"))).toContain("ENOTDIR");
  });

  it("if npm is missing", () => {
    const { status, stderr } = init(folder, ["x"], {
      PATH: dirname(process.execPath) + "/nothing",
    });
    expect([status, stderr]).toEqual([
      1,
      "init: npm cannot pack the packages (spawnSync npm ENOENT); nothing has been changed\n",
    ]);
    expect(git(folder, "status", "--porcelain")).toBe("");
  });

  it("for uncommitted changes", () => {
    writeFileSync(join(folder, "mine.txt"), "mine");
    expect(refusal("x")).toContain("uncommitted changes, such as mine.txt");
    rmSync(join(folder, "mine.txt"));
  });

  it.each(["README.md", "docs", "packages/berth/src"])(
    "for a symbolic link in place of %s",
    (path) => {
      const moved = newFolder();
      renameSync(join(folder, path), moved);
      symlinkSync(moved, join(folder, path));
      git(folder, "add", "-A");
      git(folder, "commit", "-qm", "Link");
      expect(refusal("x")).toContain(`${path} is a symbolic link to ${moved}`);
      expect(git(folder, "status", "--porcelain")).toBe("");
      git(folder, "reset", "-q", "--hard", "HEAD^");
    },
  );

  it("for a clone without packages", () => {
    const moved = newFolder();
    renameSync(join(folder, "packages"), moved);
    expect(refusal("x")).toContain("is missing: my-service is a service already");
    renameSync(moved, join(folder, "packages"));
  });
});

describe("parseOptions", () => {
  it.each([
    [["My-Service"]],
    [["-x"]],
    [["9lives"]],
    [["a--b"]],
    [["a-"]],
    [["../x"]],
    [["@me/x"]],
    [["ä"]],
    [["a".repeat(64)]],
    [["a", "b"]],
  ])("rejects %j and says what a name is", (args) => {
    expect(() => parseOptions(args)).toThrow(/my-service|Unknown option/);
  });

  it.each([
    [[], ["sample", "docs"]],
    [
      ["--with", "tokens,grpc", "--without", "docs"],
      ["sample", "tokens", "grpc"],
    ],
    [["--without", "all", "--with", "docs"], ["docs"]],
    [
      ["--with", "all", "--without", "feed"],
      ["sample", "docs", "limits", "tokens", "grpc", "telemetry"],
    ],
  ])("with %j includes the parts %j", (args, parts) => {
    expect(parseOptions(["x", ...args])).toMatchObject({ parts });
  });
});

describe("withoutParts", () => {
  it("removes the parts that are left out, and all marks", () => {
    const text =
      "a\n  # begin: feed\nb\n  # end: feed\nc // part: docs\nd // part: grpc\n<!-- begin: sample -->\ne\n<!-- end: sample -->";
    expect(withoutParts(text, ["feed", "grpc", "telemetry"], "x")).toBe("a\nc\ne");
  });

  it.each(["# begin: feed\nb", "# end: feed", "# begin: feed\n# end: sample"])(
    "rejects %j",
    (text) => {
      expect(() => withoutParts(text, [], "some.file")).toThrow(/^some\.file: /);
    },
  );
});

it("withoutProcesses removes processes with their counts", () => {
  const text = "web: a\n# formation: feed=0\nfeed: b\nfeeder: c\n";
  expect(withoutProcesses(text, ["feed"])).toBe("web: a\nfeeder: c\n");
});

it("withoutLinks keeps the text of links to removed pages", () => {
  const text = "[a](b.md), [c](d.md#e), [f](../g/), [h](https://b.md)";
  const isGone = (path: string) => ["docs/b.md", "g/"].includes(path);
  expect(withoutLinks(text, "docs/x.md", isGone)).toBe("a, [c](d.md#e), f, [h](https://b.md)");
});
