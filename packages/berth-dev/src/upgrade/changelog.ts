// Extracts from a changelog what an upgrade changes.
import { isBetween } from "./versions";

/** The sections of a changelog after the version `from`, up to `to`. */
export const changesBetween = (changelog: string, from: string, to: string): string =>
  changelog
    .split(/^(?=## )/m)
    .filter((section) => {
      const [, version] = /^## (\d\S*)/.exec(section) ?? [];
      return version !== undefined && isBetween(version, from, to);
    })
    .join("")
    .trim();
