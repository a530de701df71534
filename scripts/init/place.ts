// Replaces the clone with the completely written service.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** The remaining work, so that a later run can finish an interrupted one. */
interface Plan {
  name: string;
  /** The service's files. */
  files: string[];
  /** The clone's files and folders that do not belong to the service. */
  gone: string[];
}

const planOf = (work: string): string => join(work, "plan.json");
const serviceOf = (work: string): string => join(work, "service");

/** Returns the plan of a run that was interrupted while it changed the clone, if there is one. */
export function interruptedPlan(work: string): Plan | undefined {
  const path = planOf(work);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Plan) : undefined;
}

/** Writes the plan: from now on, a later run can finish this one. */
export function writePlan(work: string, plan: Plan): void {
  const path = planOf(work);
  writeFileSync(`${path}.part`, JSON.stringify(plan));
  renameSync(`${path}.part`, path);
}

/** These run init, so they are replaced last. */
const LAST = ["package.json", "scripts/init"];

/** Changes the clone according to the plan. Steps that are already done are skipped. */
export function placeHere(root: string, work: string, { files, gone }: Plan): void {
  const isLast = (path: string) => LAST.some((last) => `${path}/`.startsWith(`${last}/`));
  for (const file of files.filter((each) => !isLast(each))) place(root, work, file);
  for (const path of gone.filter((each) => !isLast(each))) remove(root, path);
  // These two need each other; replacing each is a single step.
  const init = join(root, "scripts/init");
  if (existsSync(init)) renameSync(init, join(work, "init"));
  place(root, work, "package.json");
  rmSync(work, { recursive: true, force: true });
}

function place(root: string, work: string, file: string): void {
  const from = join(serviceOf(work), file);
  if (!existsSync(from)) return;
  const to = join(root, file);
  mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
}

/** Removes the path, and the folders that this leaves empty. */
function remove(root: string, path: string): void {
  rmSync(join(root, path), { recursive: true, force: true });
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    const absolute = join(root, folder);
    if (!existsSync(absolute)) continue;
    if (readdirSync(absolute).length > 0) return;
    rmdirSync(absolute);
  }
}
