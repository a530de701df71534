// The command line of `npm run init` and `npm create berth`.
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "port-contract/args";
import { isPart, PART_NAMES, type PartName, PARTS, withNeeds } from "../scaffold/parts";

export interface CreateOptions {
  name: string;
  description: string;
  /** The copyright holder. */
  owner: string;
  /** The folder of the service, if one was named. */
  to: string | undefined;
  /** The parts that stay. */
  parts: PartName[];
  /** Whether the parts were chosen by arguments. */
  isChosen: boolean;
}

const describe = (name: PartName): string => {
  const { about, isDefault } = PARTS[name];
  return `  ${name.padEnd(11)}${isDefault ? "yes" : "no "}  ${about}`;
};

/** The text of --help. */
export const usageOf = (
  command: string,
  about: string,
): string => `${command} NAME [--to FOLDER] [--with PART,…] [--without PART,…] [--description TEXT] [--owner NAME]

${about}
In a terminal, without --with and --without, it asks for each part.

  NAME                a-z, 0-9 and hyphens, such as my-service; it names the package, image, database and host
  --to FOLDER         create the service in this folder, which must be new or empty
  --with PART,…       include these parts, or all
  --without PART,…    leave out these parts, or all
  --description TEXT  one sentence for package.json and the README (default: "The NAME service")
  --owner NAME        the copyright holder in the licence (default: "The NAME authors")

Parts, and whether they are included by default:
${PART_NAMES.map(describe).join("\n")}
`;

/** Valid for packages, images, host names and databases. */
const NAME = /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,62}$/;

/**
 * Reads the names of the service's dependencies, which it cannot have itself.
 * @param root The folder of the template.
 * @param packages The names of Berth's packages.
 */
export function takenNames(root: string, packages: readonly string[]): string[] {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  ) as { dependencies: object; devDependencies: object };
  const used = [dependencies, devDependencies].flatMap((of) => Object.keys(of));
  return [...used, ...packages, "create-berth"];
}

/**
 * Parses the arguments.
 * @param taken The names of the service's dependencies.
 * @throws UsageError when the name or a part is invalid.
 */
export function parseOptions(args: string[], taken: readonly string[] = []): CreateOptions {
  const { values, positionals } = parse(args);
  const name = parseName(positionals, taken);
  return {
    name,
    description: oneLine("description", values.description ?? `The ${name} service`),
    owner: oneLine("owner", values.owner ?? `The ${name} authors`),
    to: values.to === undefined ? undefined : oneLine("to", values.to),
    parts: chosenParts(parseParts("with", values.with), parseParts("without", values.without)),
    isChosen: values.with.length + values.without.length > 0,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        to: { type: "string" },
        with: { type: "string", multiple: true, default: [] },
        without: { type: "string", multiple: true, default: [] },
        description: { type: "string" },
        owner: { type: "string" },
      },
    });
  } catch (err) {
    throw new UsageError((err as Error).message.split("\n")[0]);
  }
}

function parseName([name, ...rest]: string[], taken: readonly string[]): string {
  if (name === undefined || rest.length > 0 || !NAME.test(name)) {
    const got = name === undefined ? "none" : [name, ...rest].map(quote).join(" ");
    throw new UsageError(
      `expected one NAME of at most 63 lower-case letters, digits and hyphens, such as my-service; got ${got}`,
    );
  }
  if (taken.includes(name) || builtinModules.includes(name)) {
    throw new UsageError(
      `${quote(name)} is the name of a package or module that the service uses: choose another name, such as my-${name}`,
    );
  }
  return name;
}

/** The parts named by one option. */
interface NamedParts {
  names: PartName[];
  isAll: boolean;
}

function parseParts(option: string, values: readonly string[]): NamedParts {
  const given = values.flatMap((value) => value.split(","));
  const names = given.filter(isPart);
  const unknown = given.find((part) => part !== "all" && !isPart(part));
  if (unknown !== undefined) {
    throw new UsageError(
      `--${option} takes ${PART_NAMES.join(", ")} or all; got ${quote(unknown)}`,
    );
  }
  return { names, isAll: given.includes("all") };
}

/** A named part takes precedence over "all". @throws UsageError when the two options contradict each other. */
function chosenParts(wanted: NamedParts, unwanted: NamedParts): PartName[] {
  const both = wanted.names.find((name) => unwanted.names.includes(name));
  if (both ?? (wanted.isAll && unwanted.isAll)) {
    throw new UsageError(`${both ?? "all"} is in both --with and --without: remove one of them`);
  }
  const stays = (name: PartName) => {
    if (wanted.names.includes(name) || unwanted.names.includes(name))
      return wanted.names.includes(name);
    return wanted.isAll || (!unwanted.isAll && PARTS[name].isDefault);
  };
  return withNeeds(PART_NAMES.filter(stays));
}

const quote = (text: string): string => JSON.stringify(text);

/** A line break would end a heading, or a line of the licence. */
function oneLine(option: string, text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line === "") throw new UsageError(`--${option} is empty: give a text, or omit the option`);
  return line;
}
