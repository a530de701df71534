// The formation that `npm run dev` would start, and whether it runs already.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readEnvFile } from "berth/process";
import { connectTo, controlSockets } from "../formation/control-socket";
import { type Values, withoutInspector } from "../formation/environment";
import { formationId } from "../formation/formation-id";
import { planFormation, type Plan } from "../formation/plan";
import { readProcfile, type Procfile } from "../formation/procfile";
import type { Context } from "./context";

export interface Formation {
  procfile: Procfile;
  plan: Plan;
  /** The first ports of this folder's formations that run. */
  running: number[];
  /** The variables in `.env`; none if it cannot be read. */
  values: Values;
}

export const PROCFILE = "Procfile.dev";

/** @throws Error when Procfile.dev or a variable in it is invalid. */
export async function readFormation({ root, env }: Context): Promise<Formation | undefined> {
  const file = join(root, PROCFILE);
  if (!existsSync(file)) return undefined;
  const procfile = readProcfile(file);
  const values = readValues(root);
  const id = formationId(root);
  const options = { formation: undefined, port: undefined, inspect: undefined, id };
  const plan = planFormation(procfile, options, withoutInspector(env).env, values);
  return { procfile, plan, running: await runningPorts(id), values };
}

/** The variables in `.env`. None if it cannot be read: another check reports that. */
export function readValues(root: string): Values {
  try {
    return readEnvFile(join(root, ".env")) ?? {};
  } catch {
    return {};
  }
}

async function runningPorts(id: string): Promise<number[]> {
  const sockets = await Promise.all(
    controlSockets(id).map(async ({ port, path }) => {
      const socket = await connectTo(path);
      socket?.destroy();
      return socket ? [port] : [];
    }),
  );
  return sockets.flat();
}
