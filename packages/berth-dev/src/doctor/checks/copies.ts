// Packages of which a process must have a single copy.
import { relative } from "node:path";
import type { Finding } from "../check";
import type { Context } from "../context";
import { copiesOf, versionIn } from "../installed";

/** A process that loads two copies of one says at start what goes wrong. */
const SINGLE = ["express", "pino", "berth"];

export function checkCopies({ root }: Context): Finding[] {
  return SINGLE.flatMap((name): Finding[] => {
    const copies = copiesOf(name, root);
    if (copies.length < 2) return [];
    const places = copies.map((folder) => `${versionIn(folder)} in ${relative(root, folder)}`);
    return [
      {
        level: "error",
        message: `${copies.length} copies of ${name} are installed, ${places.join(" and ")}, but they only work as a single one`,
        cure: `npm dedupe merges them if versions allow it; npm ls ${name} shows which package requires which copy`,
      },
    ];
  });
}
