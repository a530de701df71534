// Says what becomes of variables for which a Procfile has values of its own: NAME=${DEV_NAME:-…}.
import type { Values } from "./env-file";
import type { Plan } from "./plan";

/** A value that only DEV_NAME replaces: what is set for NAME may be a database that is in use. */
const OWN_VALUE = /\b([A-Z][A-Z0-9_]*)=\$\{DEV_\1:-/g;

/** One line for each variable that is set and ignored, or replaced by its DEV_ variable. */
export function describeOwnValues(
  { stages }: Pick<Plan, "stages">,
  env: NodeJS.ProcessEnv,
  envFile: Values,
): string[] {
  const users = new Map<string, string[]>();
  for (const { name, command } of stages.flat()) {
    for (const [, variable = ""] of command.matchAll(OWN_VALUE))
      users.set(variable, [...(users.get(variable) ?? []), name]);
  }
  const sourceOf = (name: string) => {
    if (env[name]) return "the environment";
    return envFile[name] && env[name] === undefined ? ".env" : undefined;
  };
  return [...users].flatMap(([name, names]) => {
    const [own, other] = [sourceOf(`DEV_${name}`), sourceOf(name)];
    const who = names.join(", ");
    if (own) return `${who}: ${name} is DEV_${name} from ${own}`;
    if (!other) return [];
    return `${who}: ${name} from ${other} is not used in development, set DEV_${name} to replace the Procfile's own value`;
  });
}
