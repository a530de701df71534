// The command line of `berth db`, and the migrations that it writes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { writeMigration } from "../../src/db/new-migration";
import { readOptions } from "../../src/db/options";

let src: string;
beforeEach(() => {
  src = mkdtempSync(join(tmpdir(), "new-migration-"));
  const migrations = join(src, "features/ships/migrations");
  mkdirSync(migrations, { recursive: true });
  for (const name of ["20260101000000_create-ships.ts", "20260102000000_add-crew.ts"])
    writeFileSync(join(migrations, name), "");
});
afterEach(() => rmSync(src, { recursive: true }));

describe("the command line of berth db", () => {
  it.each([
    [[], /^name a command\n\nUsage/],
    [["drop"], /^unknown command "drop"\n\nUsage/],
    [["new"], /^name the migration: npm run db -- new FEATURE\/NAME$/],
    [["jobs", "drop"], /^jobs does not take the argument "drop"$/],
    [["jobs", "retry"], /^name the jobs: npm run db -- jobs retry ID…, or all$/],
    [["jobs", "retry", "all", "5"], /^"all" is no id of a job: /],
    [["status", "--force"], /^Unknown option '--force'/],
  ])("rejects %j", (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

describe("a new migration", () => {
  it.each([
    ["../x", /^"..\/x" is not a valid migration name/],
    ["ships/Add Colour", /is not a valid migration name: write FEATURE\/NAME/],
    ["ships/add-crew", /20260102000000_add-crew.ts has the same name: choose another one/],
  ])("cannot have the name %s", (name, message) => {
    expect(() => writeMigration(src, name, new Date())).toThrow(message);
  });

  it("has a later time than the last one, whatever the clock says", () => {
    const file = writeMigration(src, "ships/add-colour", new Date("2025-05-05T05:05:05Z"));
    expect(basename(file)).toBe("20260102000001_add-colour.ts");
    const next = writeMigration(src, "ships/add-flag", new Date("2026-05-05T05:05:05Z"));
    expect(basename(next)).toBe("20260505050505_add-flag.ts");
  });
});
