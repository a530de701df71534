// A command's plan: new files, and lines in existing files. Nothing is written before the plan is complete.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "port-contract/args";
import { withoutUnusedImports } from "../scaffold/tidy";

/** Where a command works. */
export interface Workspace {
  /** The service's folder. */
  root: string;
  now: Date;
  /** Formats a file's text as `npm run format` would. */
  format: (file: string, text: string) => Promise<string>;
}

/** The changes of a command. */
export interface Plan {
  workspace: Workspace;
  /** By path. */
  created: Map<string, string>;
  changed: Map<string, Changed>;
  /** Changes for which no place was found, for the owner to make. */
  byHand: string[];
  /** Whether the documents of the variables change. */
  changesVariables: boolean;
  /** What to run next. */
  next: string;
}

/** A changed file of the owner's. */
export interface Changed {
  before: string;
  after: string;
  /** What was added, in one line. */
  line: string;
}

export const emptyPlan = (workspace: Workspace, next: string): Plan => ({
  workspace,
  created: new Map(),
  changed: new Map(),
  byHand: [],
  changesVariables: false,
  next,
});

/** Adds a file, formatted. @throws UsageError when it exists. */
export async function create(plan: Plan, file: string, text: string): Promise<void> {
  const { root, format } = plan.workspace;
  if (existsSync(join(root, file)))
    throw new UsageError(`${file} exists: choose another name, or remove it`);
  const tidy = file.endsWith(".ts") ? withoutUnusedImports(text) : text;
  plan.created.set(file, await format(file, tidy));
}

/**
 * Changes one of the owner's files. It is formatted again only if it was formatted by `npm run format`.
 * @param change Returns undefined if the place is not found.
 * @param otherwise What the owner then has to do by hand.
 */
export async function change(
  plan: Plan,
  file: string,
  change: (text: string) => string | undefined,
  { line, otherwise }: { line: string; otherwise: string },
): Promise<boolean> {
  const { root, format } = plan.workspace;
  const path = join(root, file);
  const present = plan.changed.get(file);
  const before = present?.after ?? (existsSync(path) ? readFileSync(path, "utf8") : undefined);
  const isCrlf = before?.includes("\r\n") ?? false;
  const after = before === undefined ? undefined : change(before.replaceAll("\r\n", "\n"));
  if (before === undefined || after === undefined) {
    plan.byHand.push(`${file}: ${otherwise}`);
    return false;
  }
  if (after === before.replaceAll("\r\n", "\n")) return true;
  const isFormatted = (await formatCorrect(format, file, before)) === before;
  const tidy = isFormatted ? await format(file, after) : after;
  plan.changed.set(file, {
    before: present?.before ?? before,
    after: isCrlf ? tidy.replaceAll("\n", "\r\n") : tidy,
    line: present ? `${present.line}; ${line}` : line,
  });
  return true;
}

/** @throws UsageError when the owner's file has a syntax error: prettier's own error contains the whole file. */
async function formatCorrect(format: Workspace["format"], file: string, text: string) {
  try {
    return await format(file, text);
  } catch (err) {
    const [problem] = (err as Error).message.split("\n");
    throw new UsageError(`${file} has a syntax error (${problem}): correct it first`);
  }
}

/** The text of one of the owner's files; empty if there is none. */
export const textOf = (root: string, file: string): string =>
  existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "";
