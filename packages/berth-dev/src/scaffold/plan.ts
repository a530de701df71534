// Plans a change of the service: the merge of two renderings, including package.json and generated documents.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "port-contract/args";
import { git } from "./git";
import { type Json, mergeManifests } from "./manifest";
import { checkOut, type Merge, type MergePlan, planMerge, withFiles } from "./merge";
import { documentVariables } from "./render";
import { formatted } from "./tidy";

/** A plan, and the folder with the merged files. */
export interface ServicePlan extends MergePlan {
  merged: string;
  /** Whether the documents are up to date; otherwise `npm run docs` writes them. */
  isDocumented: boolean;
}

/** Plans the change. Changes none of the owner's files. @throws UsageError when git fails. */
export async function planChange({ work, ...merge }: Merge): Promise<ServicePlan> {
  const { root, base, target } = merge;
  for (const folder of [base, target]) keepDocuments(root, folder);
  const notes = await mergeManifest(merge);
  const plan = planMerge({ ...merge, work: join(work, "merge") });
  if (notes.length > 0) {
    plan.special = [...plan.special, { file: "package.json", kind: "changed", notes }];
  }
  const merged = join(work, "merged");
  checkOut(root, plan.tree, merged);
  const isDocumented = await tryToDocument(merged);
  return {
    ...withFiles(
      root,
      plan,
      merged,
      isDocumented ? DOCUMENTS.filter((file) => existsSync(join(merged, file))) : [],
    ),
    merged,
    isDocumented,
  };
}

/** The documents that `npm run docs` writes, as a whole or between two comments. */
const DOCUMENTS = [".env.example", "docs/configuration.md"];
const GENERATED = /(?<=<!-- variables, [^\n]*-->\n)[^]*(?=<!-- end -->)/;

/** The text of a file in the owner's last commit; "" without such a file. */
const committed = (root: string, file: string): string =>
  git(root, ["show", `HEAD:${file}`], { allowed: [128] });

/** Copies text generated from the owner's configuration into a rendering, so that it is not merged. */
function keepDocuments(root: string, folder: string): void {
  for (const file of DOCUMENTS) {
    const path = join(folder, file);
    const text = committed(root, file);
    if (text === "" || !existsSync(path)) continue;
    if (!file.endsWith(".md")) writeFileSync(path, text);
    else {
      const [table] = GENERATED.exec(text) ?? [];
      if (table === undefined) continue;
      writeFileSync(
        path,
        readFileSync(path, "utf8").replace(GENERATED, () => table),
      );
    }
  }
}

/** @returns False if the merged configuration cannot be read: it has conflicts, or needs packages that are not installed yet. */
async function tryToDocument(merged: string): Promise<boolean> {
  const needed = [...DOCUMENTS, "scripts/document-config.ts"];
  if (!needed.every((file) => existsSync(join(merged, file)))) return true;
  try {
    await documentVariables(merged, merged);
    return true;
  } catch (err) {
    if (!(err instanceof UsageError)) throw err;
    return false;
  }
}

/** Merges package.json member by member: git then gets the owner's as the base, and the merged one as the target. */
async function mergeManifest({ root, base, target }: Omit<Merge, "work">): Promise<string[]> {
  const file = "package.json";
  const [baseText = "", targetText = ""] = [base, target].map((folder) =>
    readFileSync(join(folder, file), "utf8"),
  );
  const own = committed(root, file);
  const parse = (text: string) => JSON.parse(text) as Json;
  const { merged, notes } = mergeManifests(parse(baseText), parse(targetText), parse(own));
  writeFileSync(join(base, file), own);
  writeFileSync(join(target, file), await formatted(root, file, JSON.stringify(merged)));
  return notes;
}
