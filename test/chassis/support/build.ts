// Builds the project once before the suite: black-box tests spawn what ships.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export default function build(): void {
  const root = join(__dirname, "../../..");
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
}
