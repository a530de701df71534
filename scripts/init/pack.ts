// Packs Berth's packages as tarballs, for a service's `npm run upgrade`: npm run pack -- FOLDER.
import { join, resolve } from "node:path";
import { PACKAGE_NAMES, UsageError } from "berth-dev/scaffold";
import { packPackages } from "./vendor";

const USAGE = `Usage: npm run pack -- FOLDER

Packs Berth's packages as tarballs into FOLDER, for a service's \`npm run upgrade -- FOLDER\`.`;

const root = join(__dirname, "../..");

function main([folder, ...others]: string[]): void {
  if (folder === "--help") return console.log(USAGE);
  if (folder === undefined || folder.startsWith("-") || others.length > 0)
    throw new UsageError("expected one FOLDER: npm run pack -- FOLDER");
  packPackages(root, PACKAGE_NAMES, resolve(process.env.INIT_CWD ?? "", folder));
}

try {
  main(process.argv.slice(2));
} catch (err) {
  if (!(err instanceof UsageError)) throw err;
  console.error(`pack: error: ${err.message}`);
  process.exitCode = 1;
}
