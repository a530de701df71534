// Checks npm's version, and settings that make it omit packages.
import type { Finding } from "../check";
import type { Context } from "../context";
import { runProgram } from "../run-program";

/** The version that comes with the oldest supported Node. */
const OLDEST = 10;

export async function checkNpm({ root, env }: Context, signal: AbortSignal): Promise<Finding[]> {
  // Set if npm runs this command.
  const [, running] = /^npm\/(\S+)/.exec(env.npm_config_user_agent ?? "") ?? [];
  const version =
    running ?? (await runProgram("npm", ["--version"], { cwd: root, signal })).stdout.trim();
  return judgeNpm(version, env);
}

/** @param version Empty if npm cannot be run. */
export function judgeNpm(version: string, env: NodeJS.ProcessEnv): Finding[] {
  const findings: Finding[] = [];
  if (version === "") {
    findings.push({
      level: "warning",
      message: "npm cannot be run",
      cure: "Install it, or add it to PATH: it comes with Node",
    });
  } else if (Number.parseInt(version, 10) < OLDEST) {
    findings.push({
      level: "warning",
      message: `npm ${version} is older than the one that comes with supported versions of Node`,
      cure: `npm install --global npm@${OLDEST}`,
    });
  }
  const omitting = omitsDevelopment(env);
  if (omitting !== undefined) {
    findings.push({
      level: "warning",
      message: `${omitting} makes npm omit development dependencies, such as this command's`,
      cure: `unset ${omitting.split("=")[0]}`,
    });
  }
  return findings;
}

/** The variable that makes npm install only what production needs. */
function omitsDevelopment(env: NodeJS.ProcessEnv): string | undefined {
  if (env.npm_config_omit?.split(/\s+/).includes("dev")) return "npm_config_omit=dev";
  if (env.npm_config_production === "true") return "npm_config_production=true";
  return env.NODE_ENV === "production" ? "NODE_ENV=production" : undefined;
}
