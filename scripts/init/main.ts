// `npm run init`: turns this clone into a service, or creates one in another folder.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import {
  BERTH,
  filesOf,
  PART_NAMES,
  type PartName,
  PARTS,
  requireClean,
  withNeeds,
  UsageError,
} from "berth-dev/scaffold";
import { lockClone } from "./lock";
import { type InitOptions, parseOptions, USAGE } from "./options";
import { interruptedPlan, placeHere, placeIn, writePlan } from "./place";
import { writeService } from "./service";

const root = join(__dirname, "../..");
/** In node_modules, which is on the same disk as the clone. The hash separates clones that share a node_modules. */
const work = join(
  root,
  "node_modules/.cache/init",
  createHash("sha256").update(root).digest("hex").slice(0, 12),
);

/** Files of the clone that a service cannot use: the development database has the sample's tables, for one. */
const LEFTOVERS = [".data", "dist", "coverage"];

async function main(args: string[]): Promise<void> {
  if (args.includes("--help")) return void process.stdout.write(USAGE);
  lockClone(`${work}.lock`);
  const interrupted = interruptedPlan(work);
  if (interrupted) {
    console.log(`Finishing the interrupted init of ${interrupted.name}`);
    return finishHere(interrupted);
  }
  const parsed = parseOptions(args, takenNames());
  const to = parsed.to === undefined ? undefined : emptyFolder(parsed.to);
  if (to === undefined) {
    requireClean(root, ", or create the service in another folder with --to FOLDER");
  }
  const options = await chosen(parsed);

  rmSync(work, { recursive: true, force: true });
  const service = join(work, "service");
  mkdirSync(service, { recursive: true });
  try {
    await writeService(root, service, options);
  } catch (err) {
    rmSync(work, { recursive: true, force: true });
    throw err;
  }

  if (to !== undefined) {
    untilDone(() => placeIn(to, work));
    console.log(`Created ${options.name} in ${to}. Next: cd ${to} && npm ci && npm run dev`);
    return;
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

/** Ignores Ctrl-C and other signals meanwhile, which would leave an incomplete service. */
function untilDone(work: () => void): void {
  const ignore = () => {};
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ignore);
  work();
}

/**
 * The names of the service's dependencies, which it cannot have itself.
 * @throws UsageError when this is not a clone of Berth.
 */
function takenNames(): string[] {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    dependencies: object;
    devDependencies: object;
  };
  const packages = join(root, "packages");
  if (!existsSync(packages)) {
    throw new UsageError(
      `${packages} is missing: ${manifest.name} is a service already, or this copy is incomplete`,
    );
  }
  return [manifest.dependencies, manifest.devDependencies]
    .flatMap((of) => Object.keys(of))
    .concat(readdirSync(packages));
}

/** @throws UsageError when the folder is not empty, or is inside the clone. */
function emptyFolder(to: string): string {
  const folder = resolve(process.env.INIT_CWD ?? "", to);
  const path = relative(root, folder);
  if (path === "" || !/^\.\.([\\/]|$)/.test(path)) {
    throw new UsageError(
      `${folder} is inside this clone: choose a folder outside, such as --to ../my-service`,
    );
  }
  const there = lstatSync(folder, { throwIfNoEntry: false });
  if (there === undefined) return folder;
  if (!there.isDirectory() || readdirSync(folder).length > 0) {
    throw new UsageError(
      `${folder} exists and is not an empty folder: choose another one, or remove it`,
    );
  }
  return folder;
}

/** Asks for each part if init runs in a terminal without --with and --without. */
async function chosen(options: InitOptions): Promise<InitOptions> {
  if (options.isChosen || !process.stdin.isTTY || !process.stdout.isTTY) return options;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const parts: PartName[] = [];
  const closed = new Promise<never>((_resolve, reject) => {
    terminal.once("close", () => {
      // End the line of the question.
      console.log();
      reject(new UsageError("no answer; nothing has been changed"));
    });
  });
  try {
    for (const name of PART_NAMES) {
      const { about, isDefault, needs = [] } = PARTS[name];
      if (needs.some((needed) => !parts.includes(needed))) continue;
      const answer = agrees(terminal, `${name}: ${about}`, isDefault);
      if (await Promise.race([answer, closed])) parts.push(name);
    }
  } finally {
    closed.catch(() => {});
    terminal.removeAllListeners("close").close();
  }
  return { ...options, parts: withNeeds(parts) };
}

async function agrees(
  terminal: ReturnType<typeof createInterface>,
  question: string,
  isDefault: boolean,
): Promise<boolean> {
  for (;;) {
    const answer = await terminal.question(`${question}? ${isDefault ? "[Y/n]" : "[y/N]"} `);
    if (answer.trim() === "") return isDefault;
    if (/^(y|yes|n|no)$/i.test(answer.trim())) return /^y/i.test(answer.trim());
  }
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
}

main(process.argv.slice(2)).catch((err: unknown) => {
  const isExpected = err instanceof UsageError || (err instanceof Error && "syscall" in err);
  if (!isExpected) throw err;
  console.error(`init: ${err.message}`);
  process.exitCode = 1;
});
