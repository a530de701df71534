// Orders the lines of a Procfile: a line that mentions another type's port, such as $DB_PORT, waits until that port is open.
import { portVariable } from "./ports";
import type { ProcessType, Procfile } from "./procfile";

type Lines = Pick<Procfile, "types" | "oneOffs">;

/** `${NAME:-default}`, as in a shell; the default may contain variables in braces. */
const DEFAULT = /\$\{(\w+):-((?:[^{}]|\{[^{}]*\})*)\}/g;

/**
 * Returns the lines without the defaults that are not used, as their variable has a value: with `DEV_DATABASE_URL` set, no
 * line mentions `$DB_PORT`.
 */
export function withoutUnusedDefaults({ types, oneOffs }: Lines, env: NodeJS.ProcessEnv): Lines {
  const clear = ({ name, command }: ProcessType): ProcessType => ({
    name,
    command: command.replaceAll(DEFAULT, (all, variable: string) => (env[variable] ? "" : all)),
  });
  return { types: types.map(clear), oneOffs: oneOffs.map(clear) };
}

/** The names of the types whose port a started line mentions, though only in defaults that are not used. */
export function unusedTypes(all: Lines, used: Lines, isStarted: (name: string) => boolean) {
  const startedOf = ({ types, oneOffs }: Lines) => [
    ...oneOffs,
    ...types.filter(({ name }) => isStarted(name)),
  ];
  const isMentioned = (type: ProcessType, lines: Lines) =>
    startedOf(lines).some((line) => isReferencedBy(type, line));
  const unused = all.types.filter((type) => isMentioned(type, all) && !isMentioned(type, used));
  return new Set(unused.map(({ name }) => name));
}

/** Says for each type that is not started, though a started line mentions its port, whether that line does without it. */
export function describeAbsent(all: Lines, used: Lines, isStarted: (name: string) => boolean) {
  const unused = unusedTypes(all, used, isStarted);
  return all.types
    .filter(({ name }) => !isStarted(name))
    .flatMap((type) => {
      if (unused.has(type.name)) return `${type.name} is not started, as nothing uses it`;
      const users = [...used.oneOffs, ...used.types.filter(({ name }) => isStarted(name))]
        .filter((line) => isReferencedBy(type, line))
        .map(({ name }) => name);
      if (users.length === 0) return [];
      return `${type.name} is not started, but ${users.join(", ")} mention its port, $${portVariable(type.name)}`;
    });
}

/** The types whose port the line mentions. */
const referencedBy = (line: ProcessType, types: readonly ProcessType[]): ProcessType[] =>
  types.filter((type) => isReferencedBy(type, line));

/** Returns the names of these types, and of all types that they and the one-off processes wait for. */
export function withDependencies(names: readonly string[], { types, oneOffs }: Lines): Set<string> {
  const found = new Set([...oneOffs, ...types.filter(({ name }) => names.includes(name))]);
  for (const line of found) referencedBy(line, types).forEach((each) => found.add(each));
  return new Set([...found].map(({ name }) => name));
}

/**
 * Groups the lines into stages (a topological sort): a stage can start once the stages before it are up, and their one-off
 * processes have exited. One-off processes run in their order, and before every line that they do not wait for themselves.
 * @throws Error when lines wait for each other.
 */
export function orderLines({ types, oneOffs }: Lines) {
  const neededByOneOffs = withDependencies([], { types, oneOffs });
  const isStartedFirst = (line: ProcessType) =>
    !oneOffs.includes(line) && neededByOneOffs.has(line.name);

  const dependenciesOf = (line: ProcessType): ProcessType[] => {
    const earlier = oneOffs.slice(0, oneOffs.includes(line) ? oneOffs.indexOf(line) : undefined);
    return [...referencedBy(line, types), ...(isStartedFirst(line) ? [] : earlier)];
  };

  const stages: ProcessType[][] = [];
  const placed = new Set<ProcessType>();
  for (let rest = [...oneOffs, ...types]; rest.length > 0;) {
    const stage = rest.filter((line) => dependenciesOf(line).every((needed) => placed.has(needed)));
    if (stage.length === 0) throw new Error(describeCycle(rest));
    stage.forEach((line) => placed.add(line));
    stages.push(stage);
    rest = rest.filter((line) => !placed.has(line));
  }
  return {
    stages,
    isAwaited: (type: ProcessType) => stages.flat().some((line) => isReferencedBy(type, line)),
  };
}

function isReferencedBy(type: ProcessType, { name, command }: ProcessType): boolean {
  return name !== type.name && new RegExp(`\\$\\{?${portVariable(type.name)}\\b`).test(command);
}

function describeCycle(lines: ProcessType[]): string {
  const names = lines.map(({ name }) => name).join(", ");
  return `${names} wait for each other, as each mentions another's port: let one of them read it from its environment instead`;
}
