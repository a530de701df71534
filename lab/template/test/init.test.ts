import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseOptions } from "../../../scripts/init/options";
import { withoutParts } from "../../../scripts/init/text";

const root = join(__dirname, "../../..");
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

const git = (folder: string, ...args: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.test", ...args], {
    cwd: folder,
    encoding: "utf8",
  });

/** A copy of the checkout as a clone would be. */
function clone({ withGit }: { withGit: boolean }): string {
  const folder = mkdtempSync(join(tmpdir(), "init-"));
  folders.push(folder);
  const files = git(root, "ls-files", "-co", "--exclude-standard").split("\n").filter(Boolean);
  for (const file of files.filter((name) => existsSync(join(root, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  if (withGit) {
    git(folder, "init", "-q");
    // Here it is a link, and no folder.
    writeFileSync(join(folder, ".git/info/exclude"), "node_modules\n");
    git(folder, "add", "-A");
    git(folder, "commit", "-qm", "Clone");
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

const init = (folder: string, ...args: string[]) =>
  spawnSync(
    process.execPath,
    ["--require", "ts-node/register", "scripts/project/init/main.ts", ...args],
    { cwd: folder, encoding: "utf8" },
  );

/** Exit code and output. */
function run(folder: string, ...command: string[]): [number | null, string] {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: "utf8",
  });
  return [status, stdout + stderr];
}

const read = (folder: string, file: string) => readFileSync(join(folder, file), "utf8");

/** Made by npm; speaks of marks; probes protocols, whoever serves them. */
const NO_MENTION = /package-lock|scripts\/project\/init|contract\/.*probes/;

/** What the files that are left say of something, with where. */
function mentions(folder: string, pattern: RegExp): string[] {
  const files = execFileSync("find", [".", "-type", "f", "-not", "-path", "./.git/*"], {
    cwd: folder,
    encoding: "utf8",
  });
  return files
    .split("\n")
    .filter((file) => file !== "" && !NO_MENTION.test(file))
    .flatMap((file) =>
      read(folder, file)
        .split("\n")
        .filter((line) => pattern.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
}

/** Links to pages that are not there, in all pages. */
function deadLinks(folder: string): string[] {
  const pages = git(folder, "ls-files", "-co", "*.md").split("\n").filter(Boolean);
  return pages
    .filter((page) => existsSync(join(folder, page)) && !page.endsWith("service-readme.md"))
    .flatMap((page) =>
      [...read(folder, page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, target = ""]) => join(dirname(page), target))
        .filter((target) => !existsSync(join(folder, target)))
        .map((target) => `${page}: ${target}`),
    );
}

const GONE = {
  lab: /lab\/(bench|drain|experiments|faults|limits|recipes|rollout)|npm run (bench|drain|faults|limits|recipes)|contract:systems|speed\.md|real-systems/,
  sample:
    /features\/(notes|feed)|createNotes|localhost:\d+\/notes|NOTES_URL|feed\.(ts|js)|^feed:|feed=/i,
  contract: /scripts\/lab|npm run contract|port-contract\.md/,
  grpc: /\bgrpc|MAX_CONCURRENT_STREAMS|\.proto\b/i,
};

describe("npm run init", () => {
  it.each([
    [[], ["lab"]],
    [
      ["--without", "sample"],
      ["lab", "sample"],
    ],
    [
      ["--without", "contract"],
      ["lab", "contract"],
    ],
    [
      ["--without", "grpc"],
      ["lab", "grpc"],
    ],
    [
      ["--without", "sample", "--without", "grpc", "--without", "contract"],
      ["lab", "sample", "grpc", "contract"],
    ],
  ] as [string[], (keyof typeof GONE)[]][])(
    "with %j leaves nothing that mentions what is gone",
    (args, gone) => {
      const folder = clone({ withGit: true });
      const commit = git(folder, "rev-parse", "HEAD").trim();
      const { status, stdout, stderr } = init(folder, "my-service", "--owner", "Ada & Co", ...args);
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).toContain("This is my-service now.");
      const pkg = JSON.parse(read(folder, "package.json")) as object;
      expect(pkg).toMatchObject({ name: "my-service", berth: { version: "0.1.0", commit } });
      expect(JSON.parse(read(folder, "package-lock.json"))).toMatchObject({ name: "my-service" });
      expect(read(folder, "LICENSE")).toMatch(
        /^Copyright \(c\) \d{4} Ada & Co\nCopyright .*Berth/m,
      );
      expect(read(folder, "README.md")).toMatch(/^# my-service\n\nThe my-service service\.\n/);
      expect(read(folder, "docs/deploy/my-service@.service")).toContain(
        "Sockets=my-service.socket",
      );
      for (const part of gone) expect([part, mentions(folder, GONE[part])]).toEqual([part, []]);
      expect(mentions(folder, /\b(begin|end): (lab|sample|contract|grpc)\b/)).toEqual([]);
      expect(deadLinks(folder)).toEqual([]);
      const bin = (file: string) => join(root, "node_modules", file);
      expect(run(folder, bin("typescript/bin/tsc"), "--noEmit")).toEqual([0, ""]);
      expect(run(folder, bin("prettier/bin/prettier.cjs"), "--check", ".")[0]).toBe(0);
      // Once is enough of what takes longest.
      if (gone.length === 4) expect(run(folder, bin("eslint/bin/eslint.js"), ".")).toEqual([0, ""]);
    },
  );

  it("works on a copy without git, and says that it is done when it is asked again", () => {
    const folder = clone({ withGit: false });
    expect(init(folder, "my-service").status).toBe(0);
    expect(JSON.parse(read(folder, "package.json"))).toMatchObject({ berth: { version: "0.1.0" } });
    const again = init(folder, "other");
    expect([again.status, again.stderr]).toEqual([
      1,
      "init: this is my-service already, made from Berth 0.1.0: rename it by hand, or clone Berth anew\n",
    ]);
  });

  it("changes nothing through a link, and nothing that is no text", () => {
    const folder = clone({ withGit: false });
    const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
    folders.push(elsewhere);
    writeFileSync(join(elsewhere, "page.md"), "berth\n");
    const picture = Buffer.from([
      0x89,
      0x50,
      0x4e,
      0x47,
      0,
      ...Buffer.from("a berth, "),
      0xff,
      0xfe,
    ]);
    const latin1 = Buffer.from("berth für alle\n", "latin1");
    writeFileSync(join(folder, "docs/picture.png"), picture);
    writeFileSync(join(folder, "docs/latin1.txt"), latin1);
    symlinkSync(join(elsewhere, "page.md"), join(folder, "docs/linked.md"));
    symlinkSync(elsewhere, join(folder, "docs/linked"));
    symlinkSync("nothing", join(folder, "docs/dangling.md"));
    const { status, stderr } = init(folder, "my-service");
    expect([status, stderr]).toEqual([0, ""]);
    expect(read(elsewhere, "page.md")).toBe("berth\n");
    expect(readFileSync(join(folder, "docs/picture.png"))).toEqual(picture);
    expect(readFileSync(join(folder, "docs/latin1.txt"))).toEqual(latin1);
    expect(readlinkSync(join(folder, "docs/dangling.md"))).toBe("nothing");
  });

  it.each(["README.md", "scripts/lab", "docs"])(
    "changes nothing at all when %s is a link",
    (path) => {
      const folder = clone({ withGit: false });
      renameSync(join(folder, path), join(folder, "moved"));
      symlinkSync(join(folder, "moved"), join(folder, path));
      git(folder, "init", "-q");
      writeFileSync(join(folder, ".git/info/exclude"), "node_modules\n");
      git(folder, "add", "-A");
      git(folder, "commit", "-qm", "Clone");
      const { status, stderr } = init(folder, "my-service");
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(
          new RegExp(`^init: ${path} is a symbolic link to .*; nothing has been changed\n$`),
        ),
      ]);
      expect(git(folder, "status", "--porcelain")).toBe("");
    },
  );

  it("refuses what is not committed", () => {
    const folder = clone({ withGit: true });
    writeFileSync(join(folder, "mine.txt"), "mine");
    const { status, stderr } = init(folder, "my-service");
    expect([status, stderr]).toEqual([
      1,
      "init: there are changes that are not committed: commit or stash them first\n",
    ]);
    expect(JSON.parse(read(folder, "package.json"))).toMatchObject({ name: "berth" });
  });
});

describe("parseOptions", () => {
  it.each([
    [["My-Service"]],
    [["a b"]],
    [["-x"]],
    [["9lives"]],
    [["a--b"]],
    [["a-"]],
    [["../x"]],
    [["ä"]],
    [["a".repeat(64)]],
    [[]],
    [["a", "b"]],
  ])("refuses %j with what a name is", (args) => {
    expect(() => parseOptions(args)).toThrow(/my-service|Unknown option/);
  });

  it("refuses a part that there is not", () => {
    expect(() => parseOptions(["a", "--without", "tests"])).toThrow(
      '--without takes sample, grpc, contract; got "tests"',
    );
  });
});

describe("withoutParts", () => {
  it("takes out a part that leaves, and the marks of all", () => {
    const text =
      "a\n# begin: lab\nb\n# end: lab\nc\n<!-- begin: sample -->\nd\n<!-- end: sample -->";
    expect(withoutParts(text, ["lab"], "x")).toBe("a\nc\nd");
  });

  it.each(["# begin: lab\nb", "# end: lab", "# begin: lab\n# end: sample"])(
    "refuses %j",
    (text) => {
      expect(() => withoutParts(text, [], "some.file")).toThrow(/^some\.file: /);
    },
  );
});
