// What the service of this checkout needs to find in its environment, as its declarations say.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { mayBeUnset, type Variables } from "berth/config";

/** The variables that the built web process requires, each with the example that its declaration gives. */
export function ownEnvironment(): Record<string, string> {
  const required = Object.entries(declarations().webVariables ?? {}).filter(
    ([, of]) => !mayBeUnset(of),
  );
  return Object.fromEntries(required.map(([name, { example = "" }]) => [name, example]));
}

/** The names of all variables that any process of the built service declares. */
export const declaredVariables = (): string[] => Object.values(declarations()).flatMap(Object.keys);

/** What `src/config.ts` exports, by its names. */
function declarations(): Record<string, Variables> {
  const config = resolve("dist/config.js");
  if (!existsSync(config)) return {};
  const exported = createRequire(__filename)(config) as Record<string, Variables>;
  return Object.fromEntries(Object.entries(exported).filter(([name]) => /Variables$/.test(name)));
}
