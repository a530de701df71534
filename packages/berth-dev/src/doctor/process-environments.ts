// The environment that `npm run dev` gives to each process type: .env, the shell's variables, and those set in Procfile.dev.
import type { Context } from "./context";
import type { Environments } from "./describe-config";
import type { Formation } from "./formation";
import { runProgram } from "./run-program";

/** The assignments at the start of a line: `NAME=${DEV_NAME:-…} OTHER="…"`. */
const ASSIGNMENTS =
  /^\s*(?:[A-Za-z_][A-Za-z0-9_]*=(?:'[^']*'|"(?:\\[^]|[^"\\])*"|\$\{[^}]*\}|\$\([^)]*\)|\\[^]|[^\s'"\\])*\s+)+/;

/** By process type, for those that `npm run dev` starts; `""` is the environment of the others. */
export async function processEnvironments(
  { root, env }: Context,
  { plan, values }: Formation,
  signal: AbortSignal,
): Promise<Environments> {
  const started = plan.stages.flat().filter(({ name }) => name.endsWith(".1"));
  const environments = started.map(async ({ name, command, env }) => {
    const [assignments] = ASSIGNMENTS.exec(command) ?? [];
    const type = name.replace(/\.1$/, "");
    if (assignments === undefined) return [type, env] as const;
    // The shell itself evaluates them, as it does when the process starts.
    const script = `${assignments} exec "$0" -p "JSON.stringify(process.env)"`;
    const args = ["-c", script, process.execPath];
    const { stdout } = await runProgram("sh", args, { cwd: root, env, signal });
    return [type, JSON.parse(stdout) as NodeJS.ProcessEnv] as const;
  });
  return { "": { ...values, ...env }, ...Object.fromEntries(await Promise.all(environments)) };
}
