// Orders the lines of a Procfile: a line that mentions another type's port, such as $DB_PORT, waits until that port is open.
import { portVariable } from "./ports";
import type { ProcessType, Procfile } from "./procfile";

type Lines = Pick<Procfile, "types" | "oneOffs">;

const namedBy = (line: ProcessType, types: readonly ProcessType[]): ProcessType[] =>
  types.filter((type) => isNamed(type, line));

/** The names of these types, and of all types that they and the one-off processes wait for. */
export function withNeeds(names: readonly string[], { types, oneOffs }: Lines): Set<string> {
  const needed = new Set([...oneOffs, ...types.filter(({ name }) => names.includes(name))]);
  for (const line of needed) namedBy(line, types).forEach((each) => needed.add(each));
  return new Set([...needed].map(({ name }) => name));
}

/**
 * Returns the lines in stages: a stage can start once the stages before it are up, and their one-off processes have exited.
 * One-off processes run in their order, before every line that they do not need themselves.
 * @throws Error when lines wait for each other.
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
  return `${names} wait for each other, as each mentions another's port: let one of them read it from its environment instead`;
}
