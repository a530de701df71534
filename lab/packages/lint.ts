// Checks the packed packages with publint and "Are the types wrong?": `npm run packages -w lab`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packTemplate } from "berth-dev/scaffold";
import { packages } from "./packages";
import { pack } from "./tarballs";

// npm adds both to the PATH of scripts.
const publint = ["publint", "--strict"];
const attw = [
  "attw",
  "--no-definitely-typed",
  ...["--format", "ascii"],
  // Not `node10`: that resolution, deprecated in TypeScript 6, ignores `exports` and finds no entry point.
  ...["--profile", "node16"],
  // berth-dev's command is started by its path and not imported, so it has no types.
  ...["--exclude-entrypoints", "./cli"],
];

const folder = mkdtempSync(join(tmpdir(), "packages-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

packTemplate(join(__dirname, "../.."));
for (const pkg of packages) {
  const { path, size, files } = pack(pkg, folder);
  const { name, version } = pkg.manifest;
  console.log(`${name}@${version}: ${Math.ceil(size / 1024)} kB, ${files.length} files`);
  for (const [program = "", ...args] of [publint, attw]) {
    const { status, stdout, stderr } = spawnSync(program, [path, ...args], {
      encoding: "utf8",
    });
    // Publint exits with 0 even if it has suggestions.
    if (status === 0 && !/^(Errors|Warnings|Suggestions):$/m.test(stdout)) continue;
    console.error(`${pkg.manifest.name}:\n${stdout}${stderr}`);
    process.exitCode = 1;
  }
}
