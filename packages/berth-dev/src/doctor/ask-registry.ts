// Runs npm commands that need the registry.
import type { Context } from "./context";
import { runProgram } from "./run-program";

/** The time limit, in milliseconds: the other checks are quicker. */
const LIMIT_MS = 5000;

/** Resolves to what npm prints; empty or incomplete if the registry does not respond in time. */
export async function askRegistry(
  { root, env }: Context,
  args: readonly string[],
  given: AbortSignal,
): Promise<string> {
  const signal = AbortSignal.any([given, AbortSignal.timeout(LIMIT_MS)]);
  // One attempt: being offline must not make the doctor slow.
  const command = [...args, "--fetch-retries=0", "--no-update-notifier"];
  return (await runProgram("npm", command, { cwd: root, env, signal })).stdout;
}
