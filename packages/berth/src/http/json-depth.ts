// Limits how deeply JSON from clients may be nested.

/**
 * More than documents need, and far less than what exhausts the stack: schemas, `JSON.stringify` and most code that
 * walks a value are recursive, unlike `JSON.parse`.
 */
export const MAX_DEPTH = 128;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Whether objects and arrays are nested deeper than `MAX_DEPTH`, if the text is JSON. */
export function isTooDeep(json: string): boolean {
  // Too short for that many pairs of brackets.
  if (json.length <= 2 * MAX_DEPTH) return false;
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const unit = json.charCodeAt(i);
    if (unit === QUOTE) i = endOfString(json, i);
    else if (unit === ARRAY || unit === OBJECT) depth++;
    else if (unit === ARRAY_END || unit === OBJECT_END) depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** The index of the string's closing quote, or the length of the text. */
function endOfString(json: string, start: number): number {
  let end = start;
  let backslashes: number;
  do {
    end = json.indexOf('"', end + 1);
    if (end < 0) return json.length;
    backslashes = 0;
    while (json.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
  } while (backslashes % 2 === 1);
  return end;
}
