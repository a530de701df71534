// Checks that packages that a process may load only once are installed once.
import { relative } from "node:path";
import type { Finding } from "../check";
import type { Context } from "../context";
import { copiesOf, versionIn } from "../installed";

/** A process that loads two copies of one of these fails in confusing ways, and warns at start. */
const SINGLE = ["express", "pino", "berth"];

export function checkCopies({ root }: Context): Finding[] {
  return SINGLE.flatMap((name): Finding[] => {
    const copies = copiesOf(name, root);
    if (copies.length < 2) return [];
    const places = copies.map((folder) => `${versionIn(folder)} in ${relative(root, folder)}`);
    return [
      {
        level: "error",
        message: `${copies.length} copies of ${name} are installed, ${places.join(" and ")}, but it works only as a single copy`,
        cure: `npm dedupe merges them if versions allow it; npm ls ${name} shows which package requires which copy`,
      },
    ];
  });
}
