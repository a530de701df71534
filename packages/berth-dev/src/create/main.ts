// `npm create berth`: creates a service from the template in this package, with Berth's packages from the registry.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "port-contract/args";
import { unpackTemplate } from "../scaffold/template";
import { placeIn, requireEmpty, typedPath, untilDone } from "./folder";
import { parseOptions, takenNames, usageOf } from "./options";
import { askForParts } from "./questions";
import { writeService } from "./service";

const USAGE = usageOf(
  "npm create berth@latest",
  "Creates a service from Berth's template, in a folder named after it or in --to FOLDER.\nOptions follow a --, as in: npm create berth@latest my-service -- --with grpc",
);

/**
 * Creates the service that the arguments describe.
 * @param nodeModules A folder with the packages that the template's scripts import; the service is first written below it.
 */
async function main(args: readonly string[], nodeModules: string): Promise<void> {
  if (args.includes("--help")) return void process.stdout.write(USAGE);
  const work = join(nodeModules, ".cache/berth", `create-${process.pid}`);
  const [template, service] = [join(work, "template"), join(work, "service")];
  try {
    for (const folder of [template, service]) mkdirSync(folder, { recursive: true });
    const versions = unpackTemplate(template);
    const parsed = parseOptions([...args], takenNames(template, Object.keys(versions)));
    const folder = typedPath(parsed.to ?? parsed.name);
    requireEmpty(folder);
    const options = await askForParts(parsed);
    await writeService(template, service, options, versions);
    untilDone(() => placeIn(folder, service));
    console.log(createdText(options.name, folder));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What to do with the new service. */
export const createdText = (name: string, folder: string): string =>
  `Created ${name} in ${folder}. Next: cd ${folder} && npm ci && npm run dev`;

/** Runs the command; see `main`. */
export const runCreate = (args: readonly string[], nodeModules: string): void =>
  reportErrors("create-berth", main(args, nodeModules));

/** Prints an expected error as one line, and sets the exit code to 1. */
export function reportErrors(command: string, run: Promise<void>): void {
  run.catch((err: unknown) => {
    const isExpected = err instanceof UsageError || (err instanceof Error && "syscall" in err);
    if (!isExpected) throw err;
    console.error(`${command}: ${err.message}`);
    process.exitCode = 1;
  });
}
