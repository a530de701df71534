// Compares versions.

const byNumber = new Intl.Collator("en", { numeric: true }).compare;

/** Compares two versions as a sort function does: `0.9.0` before `0.10.0-rc.1` before `0.10.0`. */
export function compareVersions(a: string, b: string): number {
  const [[release = "", pre], [other = "", otherPre]] = [a.split(/-(.*)/), b.split(/-(.*)/)];
  if (release !== other) return byNumber(release, other);
  if (pre === undefined || otherPre === undefined)
    return Number(pre === undefined) - Number(otherPre === undefined);
  return byNumber(pre, otherPre);
}

/** Whether a version is after `from`, up to and including `to`. */
export const isBetween = (version: string, from: string, to: string): boolean =>
  compareVersions(version, from) > 0 && compareVersions(version, to) <= 0;

export const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(text);
