import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchSaves } from "../../src/reload/saves";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "saves-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const save = (name: string) => writeFileSync(join(folder, name), "");

describe("watchSaves", () => {
  it.each([
    [".notes.ts.swp", ".notes.ts.swx", ".notes.ts.swpx", ".swo", "4913", "notes.ts~"],
    ["#notes.ts#", ".#notes.ts", ".notes.ts.kate-swp", ".goutputstream-1AB2CD"],
    ["notes.ts___jb_tmp___", "notes.ts___jb_old___"],
    [".DS_Store", "._notes.ts", "Thumbs.db", "desktop.ini", ".nfs000000000001"],
  ])("ignores %s, and what follows", async (...names) => {
    const saves = watchSaves(folder, () => undefined);
    for (const name of names) {
      if (name.startsWith(".#")) symlinkSync("user@host.1:2", join(folder, name));
      else save(name);
      renameSync(join(folder, name), join(folder, `.${name}.swp`));
      rmSync(join(folder, `.${name}.swp`));
    }
    save("notes.ts");
    await saves.pending();
    expect(new Set(saves.take())).toEqual(new Set([join(folder, "notes.ts")]));
    saves.close();
  });

  it.each([".well-known", "sw.ts", ".env.swift", "a.swan", "data#1.ts", "4914"])(
    "reports %s, which is not a temporary file of an editor",
    async (name) => {
      const saves = watchSaves(folder, () => undefined);
      save(name);
      await saves.pending();
      expect(saves.take()).toContain(join(folder, name));
      saves.close();
    },
  );

  it("polls while the folder is missing, and watches it once it is back", async () => {
    const said: string[] = [];
    const watched = join(folder, "src");
    const away = join(folder, "away");
    mkdirSync(join(watched, "feature"), { recursive: true });
    writeFileSync(join(watched, "feature/part.ts"), "");
    const saves = watchSaves(watched, (line) => said.push(line));
    renameSync(watched, away);
    await saves.pending();
    saves.take();
    expect(said).toEqual([`${watched} cannot be watched (ENOENT), polling once a second`]);
    renameSync(away, watched);
    await saves.pending();
    expect(saves.take()).toContain(join(watched, "feature/part.ts"));
    writeFileSync(join(watched, "feature/other.ts"), "");
    await saves.pending();
    expect(saves.take()).toContain(join(watched, "feature/other.ts"));
    expect(said).toHaveLength(1);
    saves.close();
  });
});
