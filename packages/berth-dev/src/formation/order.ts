// Decides what waits for what: a line that names another's port, as $DB_PORT, needs it to listen there.
import { portVariable } from "./ports";
import type { ProcessType, Procfile } from "./procfile";

type Lines = Pick<Procfile, "types" | "oneOffs">;

const namedBy = (line: ProcessType, types: readonly ProcessType[]): ProcessType[] =>
  types.filter((type) => isNamed(type, line));

/** The names of these types and of all that they and the one-offs wait for. */
export function withNeeds(names: readonly string[], { types, oneOffs }: Lines): Set<string> {
  const needed = new Set([...oneOffs, ...types.filter(({ name }) => names.includes(name))]);
  for (const line of needed) namedBy(line, types).forEach((each) => needed.add(each));
  return new Set([...needed].map(({ name }) => name));
}

/**
 * Returns the lines in stages: what is in one can be started once the stages before it are up, one-offs done.
 * One-offs come before everything that they do not need themselves, in their order.
 * @throws Error when lines need each other.
 */
export function orderLines({ types, oneOffs }: Lines) {
  const neededFirst = withNeeds([], { types, oneOffs });
  const isFirst = (line: ProcessType) => !oneOffs.includes(line) && neededFirst.has(line.name);

  const needsOf = (line: ProcessType): ProcessType[] => {
    const earlier = oneOffs.slice(0, oneOffs.includes(line) ? oneOffs.indexOf(line) : undefined);
    return [...namedBy(line, types), ...(isFirst(line) ? [] : earlier)];
  };

  const stages: ProcessType[][] = [];
  const placed = new Set<ProcessType>();
  for (let rest = [...oneOffs, ...types]; rest.length > 0;) {
    const stage = rest.filter((line) => needsOf(line).every((needed) => placed.has(needed)));
    if (stage.length === 0) throw new Error(describeCycle(rest));
    stage.forEach((line) => placed.add(line));
    stages.push(stage);
    rest = rest.filter((line) => !placed.has(line));
  }
  return {
    stages,
    isNeeded: (type: ProcessType) => stages.flat().some((line) => isNamed(type, line)),
  };
}

function isNamed(type: ProcessType, { name, command }: ProcessType): boolean {
  return name !== type.name && new RegExp(`\\$\\{?${portVariable(type.name)}\\b`).test(command);
}

function describeCycle(lines: ProcessType[]): string {
  const names = lines.map(({ name }) => name).join(", ");
  return `${names} wait for each other, as each names a port of another: have one read it from its environment instead`;
}
