// Checks whether the ports of `npm run dev` are free, unless it is already running.
import { describeHolder, isPortFree } from "../../formation/free-ports";
import type { Finding } from "../check";
import type { Context } from "../context";
import { PROCFILE, readFormation } from "../formation";

export async function checkPorts(context: Context): Promise<Finding[]> {
  let formation;
  try {
    formation = await readFormation(context);
  } catch (err) {
    const cure = "Correct it: npm run dev cannot start";
    return [{ level: "error", message: (err as Error).message, cure }];
  }
  if (formation === undefined)
    return [
      {
        level: "warning",
        message: `${PROCFILE} is missing: npm run dev has nothing to start`,
        cure: `git checkout -- ${PROCFILE}, or write one: docs/development.md`,
      },
    ];
  if (formation.running.includes(formation.plan.base)) return [];
  const findings: Finding[] = [];
  for (const { name, env } of formation.plan.instances) {
    const port = Number(env.PORT);
    if (await isPortFree(port)) continue;
    findings.push({
      level: "error",
      message: `port ${port} of ${name} is in use${describeHolder(port)}`,
      cure: "Stop it, or choose other ports: npm run dev -- -p PORT, or PORT in .env",
    });
  }
  return findings;
}
