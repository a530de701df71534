import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyFolder } from "../../src/testing/cleanup";
import { createTemporaryFolder, removeAbandoned } from "../../src/uploads/temporary-folder";

const parent = emptyFolder();

describe("a temporary folder", () => {
  it("is made when it is first needed, and removed with its files", async () => {
    const folder = createTemporaryFolder(parent);
    expect(readdirSync(parent)).toEqual([]);
    const path = await folder.path();
    expect(await folder.path()).toBe(path);
    writeFileSync(join(path, "0"), "x");
    await folder.remove();
    expect(readdirSync(parent)).toEqual([]);
  });

  it("need not have been made to be removed", async () => {
    await createTemporaryFolder(parent).remove();
    await createTemporaryFolder(join(parent, "none")).remove();
  });
});

describe("folders that a killed process has left behind", () => {
  it("are removed once they are old, and nothing else is", async () => {
    const [old, recent, other] = ["berth-upload-a", "berth-upload-b", "other"].map((name) => {
      const path = join(parent, name);
      mkdirSync(path);
      return path;
    }) as [string, string, string];
    for (const path of [old, other]) utimesSync(path, 0, 0);
    await removeAbandoned(parent, Date.now() - 3_600_000);
    expect([old, recent, other].map((path) => existsSync(path))).toEqual([false, true, true]);
  });
});
