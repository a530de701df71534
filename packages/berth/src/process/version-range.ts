// Checks versions against the ranges of package.json files. `semver` takes four times as long to load (README.md).

/**
 * Whether a version satisfies an npm range: `^5.3.0`, `~6.0.3`, `1.2.3`, `>=20.19 <27`, and alternatives with `||`.
 * A range of another form, such as a URL or a tag, matches any version.
 */
export const isInRange = (version: string, range: string): boolean =>
  range.includes(" - ") ||
  range
    .replaceAll(/([<>=^~])\s+/g, "$1")
    .split("||")
    .some((comparators) =>
      comparators
        .trim()
        .split(/\s+/)
        .every((comparator) => satisfies(parse(version), comparator)),
    );

type Version = readonly [major: number, minor: number, patch: number];

/** Missing parts are 0; prerelease tags are ignored. */
function parse(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split("-")[0]!.split(".").map(Number);
  return [major, minor, patch];
}

function compare(a: Version, b: Version): number {
  const i = a.findIndex((part, index) => part !== b[index]);
  return i < 0 ? 0 : (a[i] as number) - (b[i] as number);
}

const COMPARATOR = /^(\^|~|>=|<=|>|<|=)?v?(\d+(?:\.\d+){0,2}(?:-[\w.]+)?)$/;

function satisfies(version: Version, comparator: string): boolean {
  const [, operator = "=", text] = COMPARATOR.exec(comparator) ?? [];
  if (text === undefined) return true;
  const limit = parse(text);
  const order = compare(version, limit);
  switch (operator) {
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case "^":
      return order >= 0 && compare(version, nextBreaking(limit)) < 0;
    case "~":
      return order >= 0 && compare(version, [limit[0], limit[1] + 1, 0]) < 0;
    default:
      // `5` and `5.3` match every version that begins with them.
      return text.split(".").every((_part, i) => version[i] === limit[i]);
  }
}

/** Below 1.0.0 every minor version may break, and below 0.1.0 every patch. */
function nextBreaking([major, minor, patch]: Version): Version {
  if (major > 0) return [major + 1, 0, 0];
  return minor > 0 ? [0, minor + 1, 0] : [0, 0, patch + 1];
}
