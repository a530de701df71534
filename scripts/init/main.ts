// `npm run init`: turns this clone into a service, or creates one in another folder.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import {
  askForParts,
  createdText,
  parseOptions,
  placeIn,
  reportErrors,
  requireEmpty,
  takenNames,
  typedPath,
  untilDone,
  usageOf,
} from "berth-dev/create";
import { BERTH, filesOf, requireClean, UsageError } from "berth-dev/scaffold";
import { lockClone } from "./lock";
import { interruptedPlan, placeHere, writePlan } from "./place";
import { writeVendoredService } from "./service";

const USAGE = usageOf(
  "npm run init --",
  "Creates your service from this clone of Berth: the template under your name, with Berth's packages as tarballs in vendor/.\nWithout --to the service replaces the clone.",
);

const root = join(__dirname, "../..");
/** The work folder: in node_modules, on the same disk as the clone. The hash separates clones that share a node_modules. */
const work = join(
  root,
  "node_modules/.cache/init",
  createHash("sha256").update(root).digest("hex").slice(0, 12),
);

/** Files of the clone that a service cannot use: the development database, for example, has the sample's tables. */
const LEFTOVERS = [".data", "dist", "coverage"];

async function main(args: string[]): Promise<void> {
  if (args.includes("--help")) return void process.stdout.write(USAGE);
  lockClone(`${work}.lock`);
  const interrupted = interruptedPlan(work);
  if (interrupted) {
    console.log(`Finishing the interrupted init of ${interrupted.name}`);
    return finishHere(interrupted);
  }
  const parsed = parseOptions(args, takenNames(root, packageNames()));
  const to = parsed.to === undefined ? undefined : emptyFolder(parsed.to);
  if (to === undefined) {
    requireClean(root, ", or create the service in another folder with --to FOLDER");
  }
  const options = await askForParts(parsed);

  rmSync(work, { recursive: true, force: true });
  const service = join(work, "service");
  mkdirSync(service, { recursive: true });
  try {
    await writeVendoredService(root, service, options);
  } catch (err) {
    rmSync(work, { recursive: true, force: true });
    throw err;
  }

  if (to !== undefined) {
    untilDone(() => {
      placeIn(to, service);
      rmSync(work, { recursive: true, force: true });
    });
    return console.log(createdText(options.name, to));
  }
  const files = allFiles(service);
  const gone = filesOf(root).filter((file) => !files.includes(file));
  const plan = { name: options.name, files, gone: [...gone, ...BERTH.paths, ...LEFTOVERS] };
  writePlan(work, plan);
  finishHere(plan);
}

function finishHere(plan: Parameters<typeof writePlan>[1]): void {
  untilDone(() => placeHere(root, work, plan));
  console.log(`This is now ${plan.name}. Review \`git diff\`, then run: npm ci && npm run dev`);
}

/** @throws UsageError when this is not a clone of Berth. */
function packageNames(): string[] {
  const packages = join(root, "packages");
  if (existsSync(packages)) return readdirSync(packages);
  const { name } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { name: string };
  throw new UsageError(
    `${packages} is missing: ${name} is a service already, or this copy is incomplete`,
  );
}

/** @throws UsageError when the folder is not empty, or is inside the clone. */
function emptyFolder(to: string): string {
  const folder = typedPath(to);
  const path = relative(root, folder);
  if (path === "" || !/^\.\.([\\/]|$)/.test(path)) {
    throw new UsageError(
      `${folder} is inside this clone: choose a folder outside, such as --to ../my-service`,
    );
  }
  requireEmpty(folder);
  return folder;
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
}

reportErrors("init", main(process.argv.slice(2)));
