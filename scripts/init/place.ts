// Puts a service that has been written whole in its place.
import {
  cpSync,
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

/** What is still to do, so that another run can go on where one was interrupted. */
interface Plan {
  name: string;
  /** The service's files. */
  files: string[];
  /** The clone's files and folders that are none of the service's. */
  gone: string[];
}

const planOf = (work: string): string => join(work, "plan.json");
const serviceOf = (work: string): string => join(work, "service");

/** The plan of a run that was interrupted while it changed the clone. */
export function interruptedPlan(work: string): Plan | undefined {
  const path = planOf(work);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Plan) : undefined;
}

/** Writes the plan: from here on, a run that is interrupted is finished by another one. */
export function writePlan(work: string, plan: Plan): void {
  const path = planOf(work);
  writeFileSync(`${path}.part`, JSON.stringify(plan));
  renameSync(`${path}.part`, path);
}

/** What runs init again comes last. */
const LAST = ["package.json", "scripts/init"];

/** Changes the clone as the plan says. Whatever has been done already is not done again. */
export function placeHere(root: string, work: string, { files, gone }: Plan): void {
  const isLast = (path: string) => LAST.some((last) => `${path}/`.startsWith(`${last}/`));
  for (const file of files.filter((each) => !isLast(each))) place(root, work, file);
  for (const path of gone.filter((each) => !isLast(each))) remove(root, path);
  // Neither is of use without the other; both are one step each.
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

/** Removes it, and the folders that it leaves empty. */
function remove(root: string, path: string): void {
  rmSync(join(root, path), { recursive: true, force: true });
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    const absolute = join(root, folder);
    if (!existsSync(absolute)) continue;
    if (readdirSync(absolute).length > 0) return;
    rmdirSync(absolute);
  }
}

/** Puts the service into a folder that is not there yet, or is empty; all at once. */
export function placeIn(folder: string, work: string): void {
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  // The folder may be on another disk, from which nothing can be renamed.
  cpSync(serviceOf(work), part, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  renameSync(part, folder);
  rmSync(work, { recursive: true, force: true });
}
