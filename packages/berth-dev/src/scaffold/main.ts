// `berth remove` and `berth add`: the parts of a service after `npm run init`.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine, UsageError } from "port-contract/args";
import { filesOf, hasGit, requireClean } from "./files";
import { applyMerge, type Change, planMerge } from "./merge";
import { isPart, PART_NAMES, type PartName, PARTS, withNeeds } from "./parts";
import { renderService, type ScaffoldRecord } from "./render";
import { unpackTemplate } from "./template";

export type Command = "add" | "remove";

const usage = `Usage: berth remove|add [--dry-run] PART…

Removes or adds parts of the service: their files, and their lines in files that you share with the template. What you have
changed is merged. Requires a git repository without uncommitted changes: \`git restore .\` and \`git clean -d\` undo it.

  --dry-run  print what would change, and change nothing

Parts:
${PART_NAMES.map((name) => `  ${name.padEnd(11)}${PARTS[name].about}`).join("\n")}`;

/** The service's manifest, as far as it matters here. */
interface Manifest {
  description?: string;
  devDependencies?: Readonly<Record<string, string>>;
  berth?: ScaffoldRecord;
}

async function main(command: Command, root: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(args, {
    help: { type: "boolean", short: "h" },
    "dry-run": { type: "boolean", default: false },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const { berth: record, description = "", devDependencies = {} } = readManifest(root);
  const isVendored = devDependencies["berth-dev"]?.startsWith("file:") ?? false;
  const parts = partsAfter(command, positionals, record.parts);
  if (!hasGit(root)) {
    throw new UsageError(
      `${root} has no git repository, and the change could not be undone: run \`git init && git add -A && git commit\` first`,
    );
  }
  if (!values["dry-run"]) requireClean(root);

  const changes = await plan(root, { description, isVendored, record, parts });
  if (!values["dry-run"]) applyMerge(root, changes);
  for (const change of changes) console.log(describe(change));
  if (command === "remove" && positionals.includes("sample")) console.log(SAMPLE_TABLES);
  if (values["dry-run"]) return 0;
  const hasConflicts = changes.some(({ kind }) => kind === "conflict");
  console.log(
    `Review \`git diff\`${hasConflicts ? ", resolve the conflicts" : ""}, then run: npm install && npm run check`,
  );
  return hasConflicts ? 1 : 0;
}

/** Their migrations are applied already, where the sample has run. */
const SAMPLE_TABLES =
  "Databases keep the sample's tables. In development: npm run db -- reset. Elsewhere, keep its migrations, which are applied already, and add one that drops the tables.";

function readManifest(root: string): Manifest & { berth: ScaffoldRecord } {
  const path = join(root, "package.json");
  if (!existsSync(path))
    throw new UsageError(`${path} is missing: run this in the service's folder`);
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  const { berth } = manifest;
  if (berth !== undefined) return { ...manifest, berth };
  throw new UsageError(
    existsSync(join(root, "packages/berth-dev"))
      ? "this is a clone of Berth: npm run init -- NAME --without PART makes a service without a part"
      : `${path} has no "berth", where init records the service's parts: restore it from an earlier commit`,
  );
}

/** @throws UsageError when a part is unknown, there already, or needed by another one. */
function partsAfter(
  command: Command,
  names: readonly string[],
  present: readonly PartName[],
): PartName[] {
  if (names.length === 0) throw new UsageError(`expected a PART: one of ${PART_NAMES.join(", ")}`);
  for (const name of names) {
    if (!isPart(name)) {
      throw new UsageError(
        `${JSON.stringify(name)} is not a part: expected one of ${PART_NAMES.join(", ")}`,
      );
    }
    if (present.includes(name) !== (command === "remove")) {
      throw new UsageError(
        `the service ${command === "remove" ? "does not have" : "has"} the part ${name}`,
      );
    }
  }
  return withNeeds(
    PART_NAMES.filter((name) =>
      names.includes(name) ? command === "add" : present.includes(name),
    ),
  );
}

interface Renderings {
  description: string;
  isVendored: boolean;
  record: ScaffoldRecord;
  parts: readonly PartName[];
}

/** Renders the template with the parts before and after, and plans the merge of the difference. */
async function plan(
  root: string,
  { description, isVendored, record, parts }: Renderings,
): Promise<Change[]> {
  // Below the service's node_modules, which the renderings need.
  const work = join(root, "node_modules/.cache/berth", `scaffold-${process.pid}`);
  const folder = (name: string) => join(work, name);
  try {
    for (const name of ["template", "base", "target"]) {
      mkdirSync(folder(name), { recursive: true });
    }
    const versions = unpackTemplate(folder("template"));
    if (versions["berth-dev"] !== record.version) {
      throw new UsageError(
        `the service's files are of version ${record.version} of the template, and the installed berth-dev is ${versions["berth-dev"]}: install the same version`,
      );
    }
    const render = (to: string, which: readonly PartName[]) =>
      renderService(
        folder("template"),
        folder(to),
        { name: record.name, description, isVendored, parts: which },
        versions,
      );
    await render("base", record.parts);
    await render("target", parts);
    const files = new Set(["base", "target"].flatMap((name) => filesOf(folder(name))));
    return await planMerge({
      base: folder("base"),
      target: folder("target"),
      owner: root,
      files: [...files].sort(),
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const describe = ({ file, kind, notes = [] }: Change): string =>
  [`${kind.padEnd(8)} ${file}`, ...notes.map((note) => `         ${note}`)].join("\n");

/** Runs the command in the working directory. */
export function runScaffold(command: Command): void {
  main(command, process.cwd(), process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (err: unknown) => {
      if (!(err instanceof UsageError)) throw err;
      console.error(`${command}: ${err.message}`);
      process.exitCode = 2;
    },
  );
}
