// Loads the clauses, one per file in clauses/.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import type { Clause } from "./clause";
import { parseList } from "./args";

const folder = join(__dirname, "clauses");
/** The order of the families in reports. */
const families = "BHDLSNR";
const load = createRequire(__filename);

/** Loads every clause, sorted by family, then by number. */
export function loadClauses(): Clause[] {
  const files = readdirSync(folder).filter(
    (name) => /^[a-z]\d+-[^.]+\.[jt]s$/.test(name) && extname(name) === extname(__filename),
  );
  const clauses = files.map((name) => (load(join(folder, name)) as { clause: Clause }).clause);
  return clauses.sort((one, other) => rank(one) - rank(other));
}

/**
 * Selects the clauses of a comma-separated list; all clauses without a list.
 *
 * @throws UsageError when an id is unknown
 */
export function selectClauses(clauses: readonly Clause[], only?: string): Clause[] {
  if (only === undefined) return [...clauses];
  const ids = clauses.map(({ id }) => id);
  const wanted = parseList("--only", only.toUpperCase(), ids);
  return clauses.filter(({ id }) => wanted.includes(id));
}

function rank({ id }: Clause): number {
  return families.indexOf(id.charAt(0)) * 100 + Number(id.slice(1));
}
