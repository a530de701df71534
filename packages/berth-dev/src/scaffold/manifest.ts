// Three-way merge of package.json, member by member.

export type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * Applies the changes from `base` to `target` to the owner's manifest. A member that the owner has changed as well keeps the
 * owner's value.
 * @returns The merged manifest, and a note for each such member.
 */
export function mergeManifests(
  base: Json,
  target: Json,
  owner: Json,
): { merged: Json; notes: string[] } {
  const notes: string[] = [];
  return { merged: merge(base, target, owner, [], notes), notes };
}

function merge(base: Json, target: Json, owner: Json, path: string[], notes: string[]): Json {
  const names = new Set([...Object.keys(owner), ...Object.keys(target)]);
  const members = [...names].flatMap((name): [string, unknown][] => {
    const [was, wanted, own] = [base[name], target[name], owner[name]];
    const at = [...path, name];
    if (isObject(wanted) && isObject(own))
      return [[name, merge(isObject(was) ? was : {}, wanted, own, at, notes)]];
    if (isSame(was, wanted) || isSame(own, wanted)) return own === undefined ? [] : [[name, own]];
    if (isSame(own, was)) return wanted === undefined ? [] : [[name, wanted]];
    notes.push(
      `${at.join(".")} stays as you have it; the template ${wanted === undefined ? "no longer has it" : `has ${JSON.stringify(wanted)}`}`,
    );
    return own === undefined ? [] : [[name, own]];
  });
  const isMap = path.length > 0 && /[dD]ependencies$/.test(path.at(-1) ?? "");
  return Object.fromEntries(isMap ? members.sort(([a], [b]) => (a < b ? -1 : 1)) : members);
}
