// Compiles the service to `dist`, once before all tests.
import { execFileSync } from "node:child_process";

/** Types are checked by `npm run typecheck`. */
export default function build(): void {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
}
