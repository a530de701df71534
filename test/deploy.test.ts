import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (file: string) => readFileSync(join(__dirname, "..", file), "utf8");
const readJson = <T>(file: string) => JSON.parse(read(file)) as T;

describe("npm prune --omit=dev", () => {
  it("keeps no development dependency because production could use it as well", () => {
    const { devDependencies } = readJson<{ devDependencies: Record<string, string> }>(
      "package.json",
    );
    const { packages } = readJson<{
      packages: Record<string, { devOptional?: boolean } | undefined>;
    }>("package-lock.json");
    const kept = Object.keys(devDependencies).filter(
      (name) => packages[`node_modules/${name}`]?.devOptional,
    );
    expect(kept).toEqual([]);
  });
});
