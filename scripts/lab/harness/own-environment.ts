// What the service of this checkout needs to find in its environment, as its declarations say.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { mayBeUnset, type Variables } from "../../../src/chassis/process/environment";

/** The built service's required variables that are not set, each with the example that its declaration gives. */
export function ownEnvironment(): Record<string, string> {
  const config = resolve("dist/config.js");
  if (!existsSync(config)) return {};
  const { webVariables = {} } = createRequire(__filename)(config) as {
    webVariables?: Variables;
  };
  const required = Object.entries(webVariables).filter(
    ([name, of]) => !mayBeUnset(of) && process.env[name] === undefined,
  );
  return Object.fromEntries(required.map(([name, { example = "" }]) => [name, example]));
}
