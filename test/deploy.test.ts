import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (file: string) => readFileSync(join(__dirname, "..", file), "utf8");
const readJson = <T>(file: string) => JSON.parse(read(file)) as T;

/** The Procfile's processes: name and command. */
const processes = new Map(
  read("Procfile")
    .trim()
    .split("\n")
    .map((line) => line.split(": ") as [string, string]),
);

describe("the Procfile", () => {
  it.each([...processes])("starts %s without a shell: Dokku has none", (_name, command) => {
    expect(command).toMatch(/^node [\w./-]+$/);
  });
});

describe("the Dockerfile", () => {
  it("starts what the Procfile's web does", () => {
    const [, command = "[]"] = /^CMD (.*)/m.exec(read("Dockerfile")) ?? [];
    expect((JSON.parse(command) as string[]).join(" ")).toBe(processes.get("web"));
  });

  it("names its user by number, or Kubernetes refuses runAsNonRoot", () => {
    expect(read("Dockerfile")).toMatch(/^USER [1-9]\d*$/m);
  });
});

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
