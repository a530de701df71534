// Packs Berth's packages as tarballs, for a service's `npm run upgrade`: npm run pack -- FOLDER.
import { join, resolve } from "node:path";
import { PACKAGE_NAMES, UsageError } from "berth-dev/scaffold";
import { packPackages } from "./vendor";

const root = join(__dirname, "../..");

try {
  const [folder, ...others] = process.argv.slice(2);
  if (folder === undefined || others.length > 0) throw new UsageError("expected one FOLDER");
  const to = resolve(process.env.INIT_CWD ?? "", folder);
  packPackages(root, PACKAGE_NAMES, to);
} catch (err) {
  if (!(err instanceof UsageError)) throw err;
  console.error(`pack: error: ${err.message}`);
  process.exitCode = 1;
}
