// Asks publint and "Are the types wrong?" about the packed packages: `npm run packages -w lab`. Both are silent, or it fails.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packages } from "./packages";
import { pack } from "./tarballs";

// npm has both in PATH for its scripts.
const publint = ["publint", "--strict"];
const attw = [
  "attw",
  "--no-definitely-typed",
  ...["--format", "ascii"],
  // Not `node10`: that resolution of TypeScript 4, deprecated in 6, reads no `exports`, and so finds no entry point.
  ...["--profile", "node16"],
  // berth-dev's command, which is started by its path: nothing imports it, so it has no types.
  ...["--exclude-entrypoints", "./cli"],
];

const folder = mkdtempSync(join(tmpdir(), "packages-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

for (const pkg of packages) {
  const { path } = pack(pkg, folder);
  for (const [program = "", ...args] of [publint, attw]) {
    const { status, stdout, stderr } = spawnSync(program, [path, ...args], {
      encoding: "utf8",
    });
    // Publint exits with 0 after a suggestion.
    if (status === 0 && !/^(Errors|Warnings|Suggestions):$/m.test(stdout)) continue;
    console.error(`${pkg.manifest.name}:\n${stdout}${stderr}`);
    process.exitCode = 1;
  }
}
