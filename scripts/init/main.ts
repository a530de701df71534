// `npm run init`: makes this clone a service of its own.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apply, type Origin } from "./apply";
import { parseOptions, USAGE, UsageError } from "./options";

const root = join(__dirname, "../../..");

function main(args: string[]): void {
  if (args.includes("--help")) return void process.stdout.write(USAGE);
  const options = parseOptions(args);
  refuseTwice();
  const commit = cleanCommit();
  apply(root, options, commit);
  console.log(`This is ${options.name} now. Look at \`git diff\`, then: npm ci && npm run check`);
}

/** @throws UsageError when the clone is a service already. */
function refuseTwice(): void {
  const pkg = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    berth?: Origin;
  };
  if (pkg.berth === undefined) return;
  throw new UsageError(
    `this is ${pkg.name} already, made from Berth ${pkg.berth.version}: rename it by hand, or clone Berth anew`,
  );
}

/**
 * The commit that is checked out, or undefined where there is no git.
 * @throws UsageError when something is not committed: it could not be told apart from what init changes.
 */
function cleanCommit(): string | undefined {
  const git = (...args: string[]) => spawnSync("git", args, { cwd: root, encoding: "utf8" });
  const top = git("rev-parse", "--show-cdup");
  // A copy may lie within somebody else's repository.
  if (top.status !== 0 || top.stdout.trim() !== "") return undefined;
  if (git("status", "--porcelain").stdout !== "") {
    throw new UsageError("there are changes that are not committed: commit or stash them first");
  }
  return git("rev-parse", "HEAD").stdout.trim() || undefined;
}

try {
  main(process.argv.slice(2));
} catch (err) {
  if (!(err instanceof UsageError)) throw err;
  console.error(`init: ${err.message}`);
  process.exitCode = 1;
}
