// Jest's global setup: compiles the service to `dist`.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Without type checks, which `npm run typecheck` does. */
export default function build(): void {
  execFileSync("npm", ["run", "--silent", "build"], {
    cwd: join(__dirname, ".."),
    stdio: "inherit",
  });
}
