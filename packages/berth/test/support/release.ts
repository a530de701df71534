// Release processes with a test's own migrations.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SERVICE } from "./built";

const modules = join(__dirname, "../../../../node_modules");

/** Calls `use` with a copy of the built service and of this package, in a folder whose name has this prefix. */
export async function inFolder(
  name: string,
  use: (service: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), name));
  const service = join(folder, "service");
  cpSync(dirname(SERVICE), folder, { recursive: true });
  for (const each of readdirSync(modules).filter((of) => of !== "berth")) {
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    symlinkSync(join(modules, each), join(folder, "node_modules", each));
  }
  for (const each of ["dist", "public", "package.json"])
    cpSync(join(__dirname, "../..", each), join(folder, "node_modules/berth", each), {
      recursive: true,
    });
  await use(service).finally(() => rmSync(folder, { recursive: true }));
}

/** Calls `use` with the release process of a copy of the built service that has only these migrations. */
export const withMigrations = (
  migrations: Readonly<Record<string, string>>,
  use: (release: string) => Promise<void>,
): Promise<void> =>
  inFolder("migrations-", (service) => {
    const features = join(service, "features");
    rmSync(features, { recursive: true });
    const folder = join(features, "own/migrations");
    mkdirSync(folder, { recursive: true });
    for (const [name, source] of Object.entries(migrations)) {
      writeFileSync(join(folder, `${name}.js`), source);
    }
    return use(join(service, "migrate.js"));
  });
