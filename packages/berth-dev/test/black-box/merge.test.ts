// The merge of two renderings with an owner's files, in small repositories.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { applyMerge, changesOf, planMerge } from "../../src/scaffold/merge";

const scratch = mkdtempSync(join(tmpdir(), "merge-"));
afterAll(() => rmSync(scratch, { recursive: true }));

type Files = Readonly<Record<string, string>>;

function write(folder: string, files: Files): string {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.test", ...args], {
    cwd,
    encoding: "utf8",
  });

let count = 0;

/** The owner's repository after the merge, and what is said of it. */
function merge(base: Files, target: Files, owner: Files, rewritten: Files = {}) {
  const folder = join(scratch, `${++count}`);
  const root = write(join(folder, "owner"), owner);
  git(root, "init", "-q");
  git(root, "add", "-A");
  git(root, "commit", "-qm", "Mine");
  const work = join(folder, "work");
  const plan = planMerge({
    root,
    work,
    base: write(join(folder, "base"), base),
    target: write(join(folder, "target"), target),
    rewritten: new Map(Object.entries(rewritten)),
  });
  const changes = changesOf(root, plan).map(({ file, kind }) => `${kind} ${file}`);
  expect(git(root, "status", "--porcelain")).toBe("");
  applyMerge(root, work, plan);
  const read = (file: string) =>
    existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : undefined;
  return { root, changes, read };
}

const TEXT = "a\nb\nc\nd\ne\nf\ng\nh\n";
const THEIRS = TEXT.replace("b", "B");
const OURS = TEXT.replace("g", "G");
const BOTH = OURS.replace("b", "B");

describe("planMerge", () => {
  it("merges by line", () => {
    const { changes, read } = merge({ f: TEXT }, { f: THEIRS }, { f: OURS });
    expect([changes, read("f")]).toEqual([["changed f"], BOTH]);
  });

  it("follows a file that its owner has renamed, and one that the template has", () => {
    const { changes, read } = merge(
      { f: TEXT, g: `${TEXT}1` },
      { f: THEIRS, h: `${TEXT}1` },
      { own: OURS, g: `${OURS}1` },
    );
    expect([changes, read("own"), read("h")]).toEqual([
      ["moved g to h", "changed own"],
      BOTH,
      `${OURS}1`,
    ]);
  });

  it("puts a new file into a folder that its owner has renamed", () => {
    const files = { "x/a": TEXT, "x/b": `${TEXT}2` };
    const { changes, read } = merge(
      files,
      { ...files, "x/c": "new\n" },
      { "y/a": TEXT, "y/b": `${TEXT}2` },
    );
    expect([changes, read("y/c")]).toEqual([["added y/c"], "new\n"]);
  });

  it("leaves away what its owner has removed, with new files of a removed folder", () => {
    const { changes, read } = merge(
      { f: TEXT, "x/a": "a\n", "y/b": "b\n" },
      { f: THEIRS, "x/a": "a\n", "x/c": "new\n", "y/b": "b\n", "y/d": "new\n" },
      { "y/b": "b\n" },
    );
    expect([changes, read("f"), read("x/c"), read("y/d")]).toEqual([
      ["skipped f", "skipped x/c", "added y/d"],
      undefined,
      undefined,
      "new\n",
    ]);
  });

  it("keeps what its owner has changed and the template no longer has", () => {
    const { changes, read, root } = merge({ f: TEXT, g: TEXT }, {}, { f: OURS, g: TEXT });
    expect([changes, read("f"), read("g")]).toEqual([["kept f", "removed g"], OURS, undefined]);
    expect(git(root, "status", "--porcelain")).toBe("D  g\n");
  });

  it("leaves lines that both have changed unmerged, and one command undoes it", () => {
    const { changes, read, root } = merge(
      { f: TEXT },
      { f: TEXT.replace("d", "theirs"), n: "new\n" },
      { f: TEXT.replace("d", "ours") },
    );
    expect(changes).toEqual(["conflict f", "added n"]);
    expect(read("f")).toMatch(
      /^a\nb\nc\n<<<<<<< yours\nours\n\|{7} \w+\nd\n=======\ntheirs\n>>>>>>> template\ne/,
    );
    expect(git(root, "status", "--porcelain")).toBe("UU f\nA  n\n");
    git(root, "reset", "-q", "--hard");
    expect(git(root, "status", "--porcelain")).toBe("");
    expect(read("n")).toBeUndefined();
  });

  it("merges with what a codemod has made of the owner's file", () => {
    const { read } = merge({ f: TEXT }, { f: THEIRS }, { f: TEXT }, { f: OURS });
    expect(read("f")).toBe(BOTH);
  });
});

describe("applyMerge", () => {
  it("changes nothing when a file that git ignores is in the way", () => {
    const folder = join(scratch, "ignored");
    const root = write(join(folder, "owner"), { ".gitignore": "n\n", f: TEXT });
    git(root, "init", "-q");
    git(root, "add", "-A");
    git(root, "commit", "-qm", "Mine");
    write(root, { n: "mine\n" });
    const work = join(folder, "work");
    const base = write(join(folder, "base"), { f: TEXT });
    const target = write(join(folder, "target"), { f: THEIRS, n: "new\n" });
    const plan = planMerge({ root, work, base, target });
    expect(() => applyMerge(root, work, plan)).toThrow(/^n is in the way of a new file/);
    expect(git(root, "status", "--porcelain")).toBe("");
    expect(readFileSync(join(root, "n"), "utf8")).toBe("mine\n");
  });
});
