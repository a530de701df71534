// Loads src/config.ts of the service in the working directory, and prints its variables' problems with the environments on stdin.
// A separate program: a mistake in the configuration, or a missing package, must not end the doctor.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, readEnvironment, type Environment, type Variables } from "berth/config";
import { loadTypeScript } from "../typescript";

/** What the program reads: by process type, such as `web`, its environment; `""` for all others. */
export type Environments = Readonly<Record<string, Environment>>;

/** What the program prints: by process type. */
export type Description = Readonly<Record<string, ProcessDescription>>;

export interface ProcessDescription {
  variables: string[];
  problems: { name: string; message: string; isMissing: boolean }[];
}

/** The process type whose variables an export declares: `webVariables` is `web`, as scripts/document-config.ts has it too. */
const DECLARATION = /^(.+)Variables$/;

function describe(config: object, environments: Environments): Description {
  const declared = Object.entries(config).flatMap(([name, variables]) => {
    const [, camel] = DECLARATION.exec(name) ?? [];
    return camel === undefined ? [] : [[toKebab(camel), variables as Variables] as const];
  });
  return Object.fromEntries(
    declared.map(([type, variables]) => {
      const env = environments[type] ?? environments[""] ?? {};
      return [type, { variables: Object.keys(variables), problems: findProblems(variables, env) }];
    }),
  );
}

const toKebab = (camel: string): string =>
  camel.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function findProblems(variables: Variables, env: Environment): ProcessDescription["problems"] {
  try {
    readEnvironment(variables, env);
    return [];
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    return err.message.split("\n").map((message) => {
      const [name = ""] = message.split(":");
      return { name, message, isMissing: env[name] === undefined };
    });
  }
}

loadTypeScript();
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the service's TypeScript file
const config = require(join(process.cwd(), "src/config.ts")) as object;
const environments = JSON.parse(readFileSync(0, "utf8")) as Environments;
process.stdout.write(JSON.stringify(describe(config, environments)));
