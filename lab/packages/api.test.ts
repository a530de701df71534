import { spawnSync } from "node:child_process";
import { join } from "node:path";

it("has up-to-date reports of the packages' exports", () => {
  const args = ["--require", "ts-node/register", join(__dirname, "api.ts"), "--check"];
  // Runs in its own process, because Jest does not load Prettier's ES modules.
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: __dirname,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
}, 120_000);
