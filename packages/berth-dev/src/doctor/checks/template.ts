// Whether the service's files are of the installed version of the template.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../check";
import type { Context } from "../context";

/** Compares the version that package.json records with that of the installed berth-dev. A clone of Berth records none. */
export function checkTemplate({ manifest: { berth } }: Context): Finding[] {
  const path = join(__dirname, "../../../package.json");
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version: string };
  if (berth === undefined || berth.version === version) return [];
  return [
    {
      level: "warning",
      message: `package.json records version ${berth.version} of the template, and berth-dev ${version} is installed`,
      cure: "Install the same version, or finish the upgrade to the installed one",
    },
  ];
}
