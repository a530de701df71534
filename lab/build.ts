// Compiles the service to `dist`, once before all tests.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Types are checked by `npm run typecheck`. */
export default function build(): void {
  execFileSync("npm", ["run", "--silent", "build"], {
    cwd: join(__dirname, ".."),
    stdio: "inherit",
  });
}
