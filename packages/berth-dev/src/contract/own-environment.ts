// The environment variables of the service in the working directory, from the declarations in its built config module.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { exampleEnvironment, type Variables } from "berth/config";

/** The variables that the built web process requires, each with the example from its declaration. */
export const ownEnvironment = (): Record<string, string> =>
  exampleEnvironment(declarations().webVariables ?? {});

/** The names of all variables that any process of the built service declares. */
export const declaredVariables = (): string[] => Object.values(declarations()).flatMap(Object.keys);

/** The declarations that `src/config.ts` exports, by name. */
function declarations(): Record<string, Variables> {
  const config = resolve("dist/config.js");
  if (!existsSync(config)) return {};
  const exported = createRequire(__filename)(config) as Record<string, Variables>;
  return Object.fromEntries(Object.entries(exported).filter(([name]) => /Variables$/.test(name)));
}
