// Checks whether the service's files match the installed version of the template, and whether there is a newer version.
import { isVendored, ownVersion } from "../../scaffold/service";
import { compareVersions, isVersion } from "../../upgrade/versions";
import { askRegistry } from "../ask-registry";
import type { Finding } from "../check";
import type { Context } from "../context";

/** Compares the recorded version with those installed and published. A clone of Berth records none. */
export async function checkTemplate(context: Context, signal: AbortSignal): Promise<Finding[]> {
  const { berth } = context.manifest;
  if (berth === undefined) return [];
  if (berth.version !== ownVersion)
    return [
      {
        level: "warning",
        message: `package.json records version ${berth.version} of the template, and berth-dev ${ownVersion} is installed`,
        cure: "Install the same version, or finish the upgrade to the installed one",
      },
    ];
  return judgeNewest(await newestVersion(context, signal));
}

/** Empty if that is unknown: tarballs in vendor/ have no registry, and the registry may not respond. */
async function newestVersion(context: Context, signal: AbortSignal): Promise<string> {
  if (isVendored(context.manifest)) return "";
  return (await askRegistry(context, ["view", "berth-dev", "version"], signal)).trim();
}

/** @param newest What `npm view` prints. */
export function judgeNewest(newest: string): Finding[] {
  if (!isVersion(newest) || compareVersions(newest, ownVersion) <= 0) return [];
  return [
    {
      level: "warning",
      message: `Berth ${newest} is newer than the service's ${ownVersion}`,
      cure: "npm run upgrade; npm run upgrade -- --dry-run shows what would change",
    },
  ];
}
