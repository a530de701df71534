import { spawnSync } from "node:child_process";
import { join } from "node:path";

it("has reports of what the packages export", () => {
  const args = ["--require", "ts-node/register", join(__dirname, "api.ts"), "--check"];
  // A program of its own, as Prettier is one of modules, which Jest does not load.
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: __dirname,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
}, 120_000);
