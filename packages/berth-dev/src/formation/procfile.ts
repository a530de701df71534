// Reads a Procfile: one process type per line, NAME: COMMAND.
import { readFileSync } from "node:fs";
import { type Counts, parseFormation } from "./formation-size";

export interface ProcessType {
  name: string;
  command: string;
}

export interface Procfile {
  /** In the file's order, which determines their ports. */
  types: ProcessType[];
  /** Run to completion, one after the other, before the others start. They bind no port. */
  oneOffs: ProcessType[];
  /** The default number of instances by type, from comments: `# formation: worker=0`. */
  counts: Counts;
  warnings: string[];
}

const FORMATION = /^\s*#\s*formation:(.*)$/;
const LINE = /^([A-Za-z0-9_-]+):\s*(.+)$/;
/** piku's build hook, and the release phase of Heroku and others, in the order in which platforms run them. */
const ONE_OFFS = ["preflight", "release"];
const PORTABLE_NAME = /^[a-z0-9-]{1,63}$/;

/** @throws Error when the file cannot be read, or is not a valid Procfile. */
export function readProcfile(file: string): Procfile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    throw new Error(`cannot read ${file} (${code}): choose another Procfile with -f`, {
      cause: err,
    });
  }
  return parseProcfile(text, file);
}

/**
 * Parses `text`. Skips blank lines and comments other than `# formation:`.
 * @throws Error with each invalid line as `file:line: problem`: not a process, a duplicate name, a formation of unknown types.
 */
export function parseProcfile(text: string, file: string): Procfile {
  const types: ProcessType[] = [];
  const lineOf = new Map<string, number>();
  const formations: [number, string][] = [];
  const problems: string[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    const formation = FORMATION.exec(content)?.[1];
    if (formation !== undefined) formations.push([index + 1, formation]);
    if (/^\s*(#|$)/.test(content)) return;
    const type = parseLine(content);
    const problem = type
      ? duplicateProblem(type.name, lineOf)
      : `write NAME: COMMAND, not "${content}"`;
    if (problem) problems.push(`${file}:${index + 1}: ${problem}`);
    if (!type || problem) return;
    types.push(type);
    lineOf.set(type.name, index + 1);
  });
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const procfile = toProcfile(types, file);
  const names = procfile.types.map(({ name }) => name);
  const counts = formations.map(([line, formation]) => [
    ...parseFormation(formation, names, `${file}:${line}: formation`),
  ]);
  return { ...procfile, counts: new Map(counts.flat()) };
}

function parseLine(content: string): ProcessType | undefined {
  const [, name, command] = LINE.exec(content.trimEnd()) ?? [];
  return name && command ? { name, command } : undefined;
}

function duplicateProblem(name: string, lineOf: Map<string, number>): string | undefined {
  const line = lineOf.get(name);
  if (line === undefined) return undefined;
  return `"${name}" is already defined in line ${line}, use another name`;
}

function toProcfile(all: ProcessType[], file: string): Omit<Procfile, "counts"> {
  const types = all.filter(({ name }) => !ONE_OFFS.includes(name));
  if (types.length === 0) throw new Error(`${file}: add a line such as "web: node server.js"`);
  const warnings = types
    .filter(({ name }) => !PORTABLE_NAME.test(name))
    .map(
      ({ name }) => `not every platform accepts the name "${name}": use a-z, 0-9 and -, at most 63`,
    );
  const oneOffs = ONE_OFFS.flatMap((oneOff) => all.filter(({ name }) => name === oneOff));
  return { types, oneOffs, warnings };
}
