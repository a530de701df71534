// Checks production dependencies for known vulnerabilities, if the registry responds.
import { askRegistry } from "../ask-registry";
import type { Finding } from "../check";
import { type Context, readText } from "../context";

const COMMAND = ["audit", "--omit=dev", "--json", "--package-lock-only"];

/** The members of `npm audit --json` that are used. */
interface Audit {
  vulnerabilities?: Record<string, { severity: string; fixAvailable: boolean | object }>;
}

export async function checkAdvisories(context: Context, signal: AbortSignal): Promise<Finding[]> {
  // Another package manager has its own audit.
  if (readText(context, "package-lock.json") === undefined)
    return [{ level: "note", message: "not checked: npm audit needs a package-lock.json" }];
  return judgeAudit(await askRegistry(context, COMMAND, signal));
}

export function judgeAudit(output: string): Finding[] {
  const { vulnerabilities } = parse(output);
  if (vulnerabilities === undefined)
    return [{ level: "note", message: "not checked: the registry does not respond to npm audit" }];
  const all = Object.entries(vulnerabilities);
  if (all.length === 0) return [];
  const names = all.map(([name, { severity }]) => `${name} (${severity})`).join(", ");
  const isFixable = all.some(([, { fixAvailable }]) => fixAvailable !== false);
  return [
    {
      level: "warning",
      message: `production dependencies have known vulnerabilities: ${names}`,
      cure: isFixable
        ? "npm audit fix; npm audit shows each"
        : "npm audit shows each; there is no fixed version yet",
    },
  ];
}

/** Returns {} if the output is not JSON, because npm was stopped. */
function parse(output: string): Audit {
  try {
    return JSON.parse(output) as Audit;
  } catch {
    return {};
  }
}
