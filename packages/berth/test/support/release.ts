// Release processes with a test's own migrations.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SERVICE } from "./built";

const own = join(__dirname, "../..");

/**
 * Calls `use` with a copy of the built service and of this package, in a folder whose name has this prefix. Other packages are
 * found in the folder above.
 */
export const inFolder = (name: string, use: (service: string) => Promise<void>): Promise<void> =>
  withService(name, (service) => {
    for (const each of ["dist", "public", "package.json"])
      cpSync(join(own, each), join(service, "../node_modules/berth", each), {
        recursive: true,
        filter: (path) => !/\.(d\.ts|map)$/.test(path),
      });
    return use(service);
  });

/** Calls `use` with a copy of the built service; all packages are found in the folder above. */
async function withService(name: string, use: (service: string) => Promise<void>): Promise<void> {
  const above = mkdtempSync(join(tmpdir(), "release-"));
  symlinkSync(join(own, "../../node_modules"), join(above, "node_modules"));
  const folder = mkdtempSync(join(above, name));
  cpSync(dirname(SERVICE), folder, { recursive: true });
  await use(join(folder, "service")).finally(() => rmSync(above, { recursive: true }));
}

/** Calls `use` with the release process of a copy of the built service that has only these migrations. */
export const withMigrations = (
  migrations: Readonly<Record<string, string>>,
  use: (release: string) => Promise<void>,
): Promise<void> =>
  withService("migrations-", (service) => {
    const features = join(service, "features");
    rmSync(features, { recursive: true });
    const folder = join(features, "own/migrations");
    mkdirSync(folder, { recursive: true });
    for (const [name, source] of Object.entries(migrations)) {
      writeFileSync(join(folder, `${name}.js`), source);
    }
    return use(join(service, "migrate.js"));
  });
