import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../../..");

const recipes = (...args: string[]) =>
  spawnSync(
    process.execPath,
    ["--require", "ts-node/register", join(root, "lab/recipes/main.ts"), ...args],
    { cwd: root, encoding: "utf8" },
  );

describe("npm run recipes", () => {
  it("rejects an unknown recipe with the list of recipes", () => {
    const { status, stdout, stderr } = recipes("nginx", "apache");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^recipes: RECIPE must be one of nginx, haproxy, .*, not "apache"\n$/);
  });

  it("lists them", () => {
    const { status, stdout } = recipes("--help");
    expect(status).toBe(0);
    for (const name of ["nginx", "haproxy", "systemd", "kubernetes", "compose"])
      expect(stdout).toContain(name);
  });
});
