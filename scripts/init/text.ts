// Takes out of a text what speaks of parts that leave.

const MARK = /\b(begin|end): (lab|contract|sample|grpc)\b/;

/**
 * Removes what stands between the marks of parts that leave, and all the marks.
 * @throws Error when a mark has no counterpart: the rest of the file would leave with it.
 */
export function withoutParts(text: string, leaving: readonly string[], file: string): string {
  const open: string[] = [];
  const kept = text.split("\n").filter((line) => {
    const [mark, kind, part = ""] = MARK.exec(line) ?? [];
    if (mark === undefined) return !open.some((name) => leaving.includes(name));
    if (kind === "begin") open.push(part);
    else if (open.pop() !== part) throw new Error(`${file}: "${mark}" ends what did not begin`);
    return false;
  });
  if (open.length > 0) throw new Error(`${file}: "begin: ${open.join(", ")}" has no end`);
  return kept.join("\n");
}
