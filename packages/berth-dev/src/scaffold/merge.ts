// Merges the changes between two renderings of the template into the owner's files: git's three-way merge, which follows renames.
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "port-contract/args";
import { fieldsOf, git } from "./git";

/** What happens to one of the owner's files. */
export interface Change {
  file: string;
  /**
   * `kept`: the template no longer has it, but the owner has changed it. `conflict`: git cannot merge it, and leaves it unmerged.
   * `skipped`: the template changed it, but the owner has removed it.
   */
  kind: "added" | "changed" | "removed" | "moved" | "kept" | "conflict" | "skipped";
  /** What the owner should look at. */
  notes?: string[];
}

export interface Merge {
  /** The owner's folder; its last commit is merged. */
  root: string;
  /** An empty folder for git's own files. */
  work: string;
  /** The rendering that the owner started from. */
  base: string;
  /** The rendering that is wanted. */
  target: string;
  /** New contents of the owner's files before the merge, by path. */
  rewritten?: ReadonlyMap<string, string>;
}

export interface MergePlan {
  /** The merged tree, an object in the owner's repository; files with conflicts have git's markers. */
  tree: string;
  /** The entries of unmerged files, in the format of `git update-index --index-info`. */
  unmerged: readonly string[];
  /** The changes that `changesOf` cannot see in the tree. */
  special: readonly Change[];
}

/** The names of the two sides in conflict markers. */
const [YOURS, TEMPLATE] = ["yours", "template"];

const IDENTITY = Object.fromEntries(
  ["AUTHOR", "COMMITTER"].flatMap((who) => [
    [`GIT_${who}_NAME`, "berth"],
    [`GIT_${who}_EMAIL`, "berth@localhost"],
  ]),
);

/** Plans the merge. Changes none of the owner's files, and no reference in the repository. @throws UsageError when git fails. */
export function planMerge({ root, work, base, target, rewritten = new Map() }: Merge): MergePlan {
  mkdirSync(work, { recursive: true });
  const owner = ownerTree(root, join(work, "index"), rewritten);
  // A repository with its own references and settings, so that the owner's cannot interfere; it shares the owner's objects.
  const own = ["rev-parse", "--path-format=absolute", "--git-path", "objects"];
  const env = {
    ...IDENTITY,
    GIT_DIR: join(work, "repository"),
    GIT_OBJECT_DIRECTORY: resolve(root, git(root, own).trim()),
  };
  const format = git(root, ["rev-parse", "--show-object-format"]).trim();
  git(work, ["init", "-q", "--bare", `--object-format=${format}`, env.GIT_DIR]);
  const commit = (tree: string, ...parents: string[]) =>
    git(work, ["commit-tree", tree, "-m", "-", ...parents], { env }).trim();
  const treeOf = (folder: string) => {
    const inFolder = { env: { ...env, GIT_WORK_TREE: folder, GIT_INDEX_FILE: `${folder}.index` } };
    git(folder, ["-c", "core.autocrlf=false", "add", "--all", "--force", "."], inFolder);
    return git(folder, ["write-tree"], inFolder).trim();
  };
  const start = commit(treeOf(base));
  for (const [name, tree] of [
    [YOURS, owner],
    [TEMPLATE, treeOf(target)],
  ] as const) {
    git(work, ["update-ref", `refs/heads/${name}`, commit(tree, "-p", start)], { env });
  }
  const { tree, unmerged, messages } = mergeTree(work, env);
  const files = (of: string) =>
    fieldsOf(git(work, ["ls-tree", "-r", "-z", "--name-only", of], { env }));
  return settle({
    root,
    index: join(work, "index"),
    tree,
    unmerged,
    messages,
    inBase: files(start),
    inOwner: files(owner),
    inTree: files(tree),
  });
}

/** The tree of the owner's last commit, with the rewritten files. */
function ownerTree(root: string, index: string, rewritten: ReadonlyMap<string, string>): string {
  const entries = [...rewritten].map(([file, input]) => {
    const id = git(root, ["hash-object", "-w", "--stdin", "--path", file], { input }).trim();
    return [file, id] as const;
  });
  return editedTree(root, index, "HEAD", (modes) =>
    entries.map(([file, id]) => `${modes.get(file) ?? "100644"} ${id}\t${file}`),
  );
}

/** Writes a copy of a tree with some entries changed; `edit` returns them in the format of `git update-index --index-info`. */
function editedTree(
  root: string,
  index: string,
  tree: string,
  edit: (modes: ReadonlyMap<string, string>) => readonly string[],
): string {
  const env = { GIT_INDEX_FILE: index };
  git(root, ["read-tree", tree], { env });
  const listed = fieldsOf(git(root, ["ls-files", "-z", "--stage"], { env }));
  const modes = new Map(
    listed.map((line) => [line.slice(line.indexOf("\t") + 1), line.slice(0, 6)]),
  );
  const input = edit(modes)
    .map((line) => `${line}\0`)
    .join("");
  git(root, ["update-index", "-z", "--index-info"], { env, input });
  return git(root, ["write-tree"], { env }).trim();
}

/** @param tree The id of any object in the repository: all ids have the same length. */
const removal = (file: string, tree: string): string => `0 ${"0".repeat(tree.length)}\t${file}`;

interface Merged {
  tree: string;
  /** By path: the stages (1: base, 2: the owner's, 3: the template's), as `git ls-files --unmerged` lists them. */
  unmerged: ReadonlyMap<string, string[]>;
  /** By path. */
  messages: ReadonlyMap<string, string>;
}

/** @see https://git-scm.com/docs/git-merge-tree#OUTPUT */
function mergeTree(work: string, env: Readonly<Record<string, string>>): Merged {
  const settings = [
    "merge.conflictStyle=diff3",
    "merge.directoryRenames=true",
    "merge.renames=true",
  ];
  const output = git(
    work,
    [
      ...settings.flatMap((setting) => ["-c", setting]),
      ...["merge-tree", "--write-tree", "--messages", "-z", YOURS, TEMPLATE],
    ],
    // 129: this git does not know the option.
    { env, allowed: [1, 129] },
  );
  if (output === "") {
    const version = git(work, ["--version"]).trim();
    throw new UsageError(`git 2.38 or newer is required, but this is ${version}: upgrade git`);
  }
  const [head = "", ...rest] = output.split("\0\0");
  const [tree = "", ...entries] = head.split("\0");
  const unmerged = new Map<string, string[]>();
  for (const line of entries.filter(Boolean)) {
    const file = line.slice(line.indexOf("\t") + 1);
    unmerged.set(file, [...(unmerged.get(file) ?? []), line]);
  }
  const messages = new Map<string, string>();
  const fields = rest.join("\0\0").split("\0");
  while (fields.length > 1) {
    const paths = fields.splice(0, Number(fields.shift()));
    const [type = "", message = ""] = fields.splice(0, 2);
    if (!type.startsWith("CONFLICT")) continue;
    for (const path of paths) messages.set(path, message.trim());
  }
  return { tree, unmerged, messages };
}

interface Unsettled extends Merged {
  root: string;
  index: string;
  inBase: readonly string[];
  inOwner: readonly string[];
  inTree: readonly string[];
}

/** Settles what git leaves to its user: files that the owner removed stay removed, and files that the owner changed are kept. */
function settle({
  root,
  index,
  tree,
  unmerged,
  messages,
  inBase,
  inOwner,
  inTree,
}: Unsettled): MergePlan {
  const special: Change[] = [];
  const gone: string[] = [];
  const left: string[] = [];
  for (const [file, lines] of unmerged) {
    const stages = lines.map((line) => line.slice(0, line.indexOf("\t")).at(-1)).join("");
    if (stages === "13") {
      gone.push(file);
      special.push({ file, kind: "skipped", notes: ["you have removed it"] });
    } else if (stages === "12") {
      const notes = ["you have changed it: remove it if you do not need it"];
      special.push({ file, kind: "kept", notes });
    } else {
      left.push(removal(file, tree), ...lines);
      const note = stages.includes("23") ? "resolve the conflict markers" : messages.get(file);
      special.push({ file, kind: "conflict", notes: note === undefined ? [] : [note] });
    }
  }
  const [had, has] = [foldersOf(inBase), foldersOf(inOwner)];
  for (const file of inTree) {
    const folder = file.slice(0, file.lastIndexOf("/") + 1);
    if (inOwner.includes(file) || inBase.includes(file) || unmerged.has(file)) continue;
    if (!had.has(folder) || has.has(folder)) continue;
    gone.push(file);
    special.push({ file, kind: "skipped", notes: ["you have removed its folder"] });
  }
  const settled = editedTree(root, index, tree, () => gone.map((file) => removal(file, tree)));
  return { tree: settled, unmerged: left, special };
}

/** All folders with files, each with a slash at the end. */
const foldersOf = (files: readonly string[]): ReadonlySet<string> =>
  new Set(
    files.flatMap((file) => [...file.matchAll(/\//g)].map(({ index }) => file.slice(0, index + 1))),
  );

/** Writes the files of a tree into a folder. */
export function checkOut(root: string, tree: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const env = { GIT_INDEX_FILE: `${folder}.index` };
  git(root, ["read-tree", tree], { env });
  git(root, ["checkout-index", "--all", `--prefix=${folder}/`], { env });
}

/** Replaces files in the plan's tree with those in a folder; files that the folder lacks are removed. */
export function withFiles<T extends MergePlan>(
  root: string,
  plan: T,
  folder: string,
  files: readonly string[],
): T {
  const tree = editedTree(root, `${folder}.index`, plan.tree, (modes) =>
    files.map((file) => {
      if (!existsSync(join(folder, file))) return removal(file, plan.tree);
      const args = ["hash-object", "-w", "--path", file, join(folder, file)];
      return `${modes.get(file) ?? "100644"} ${git(root, args).trim()}\t${file}`;
    }),
  );
  return { ...plan, tree };
}

const KINDS: Readonly<Record<string, Change["kind"]>> = {
  A: "added",
  M: "changed",
  T: "changed",
  D: "removed",
  R: "moved",
};

/** All changes that the plan makes, sorted by path. */
export function changesOf(root: string, { tree, special }: MergePlan): Change[] {
  const fields = fieldsOf(
    git(root, ["diff-tree", "-r", "-z", "-M", "--name-status", "HEAD", tree]),
  );
  const changes = new Map<string, Change>();
  while (fields.length > 0) {
    const kind = KINDS[fields.shift()?.[0] ?? ""] ?? "changed";
    const [file = "", to = file] = fields.splice(0, kind === "moved" ? 2 : 1);
    changes.set(to, { file: kind === "moved" ? `${file} to ${to}` : file, kind });
  }
  for (const change of special) changes.set(change.file, change);
  return [...changes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change);
}

/** Restores the owner's files: the plan is staged as a whole. */
export const UNDO = "git reset --hard";

/**
 * Changes the index, then the files. If it is killed in between, `UNDO` restores everything.
 * @throws UsageError when a file that git ignores is in the way; then nothing has been changed.
 */
export function applyMerge(root: string, work: string, { tree, unmerged }: MergePlan): void {
  const added = ["diff-tree", "-r", "-z", "--no-renames", "--diff-filter=A", "--name-only"];
  const inTheWay = fieldsOf(git(root, [...added, "HEAD", tree])).find((file) =>
    existsSync(join(root, file)),
  );
  if (inTheWay !== undefined) {
    throw new UsageError(
      `${inTheWay} is in the way of a new file, and git does not track it: move it away; nothing has been changed`,
    );
  }
  const before = { env: { GIT_INDEX_FILE: join(work, "before") } };
  git(root, ["read-tree", "HEAD"], before);
  git(root, ["update-index", "-q", "--refresh"], { ...before, allowed: [1] });
  git(root, ["read-tree", tree]);
  git(root, ["update-index", "-z", "--index-info"], {
    input: unmerged.map((line) => `${line}\0`).join(""),
  });
  git(root, ["read-tree", "-m", "-u", "HEAD", tree], before);
  git(root, ["update-index", "-q", "--refresh"], { allowed: [1] });
}
