// Snapshots of a migrated database, which the test files of a service share.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { emptyFolder } from "../../src/testing/cleanup";
import { keepSnapshot } from "../../src/testing/postgres";

describe("a snapshot", () => {
  const file = join(emptyFolder(), "database/current.tar");
  const write = (text: string) => (to: string) => Promise.resolve(writeFileSync(to, text));

  it("takes the place of earlier ones", async () => {
    await keepSnapshot({ snapshot: write("earlier") }, join(dirname(file), "earlier.tar"));
    await keepSnapshot({ snapshot: write("current") }, file);
    expect(readdirSync(dirname(file))).toEqual(["current.tar"]);
    expect(readFileSync(file, "utf8")).toBe("current");
  });

  it("may be written by two test files at the same time", async () => {
    let second: Promise<void> | undefined;
    const snapshot = async (to: string) => {
      await write("first")(to);
      await (second = keepSnapshot({ snapshot: write("second") }, file));
    };
    await keepSnapshot({ snapshot }, file);
    await second;
    expect(readdirSync(dirname(file))).toEqual(["current.tar"]);
  });
});
