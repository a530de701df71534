// Decides what to start: the instances of a formation, each with its command, port and environment.
import { parseFormation } from "./formation-size";
import { chooseBasePort, portOf, portVariable } from "./ports";
import type { Options } from "./options";
import type { Procfile } from "./procfile";

export interface Instance {
  /** As shown in the output: `web.1`. */
  name: string;
  command: string;
  env: NodeJS.ProcessEnv;
}

export interface Plan {
  /** To run to their ends, one after the other, before the instances start. */
  oneOffs: Instance[];
  instances: Instance[];
  /** The names of all of them. */
  names: string[];
}

/**
 * Lays out the processes of `procfile`. The environment wins over the .env file, as it does in the service itself, and what
 * the formation says about ports and its `id` wins over both.
 * @throws Error when the formation is not understood or starts nothing, or there are not enough ports.
 */
export function planFormation(
  { types, oneOffs }: Procfile,
  options: Pick<Options, "formation" | "port"> & { id: string },
  env: NodeJS.ProcessEnv,
  envFile: Record<string, string>,
): Plan {
  const typeNames = types.map(({ name }) => name);
  const counts = parseFormation(options.formation, typeNames);
  const base = chooseBasePort(options.port, envFile, env);
  const ports = typeNames.map((name, index) => [portVariable(name), `${portOf(base, index, 1)}`]);
  const own = Object.fromEntries([...ports, ["FORMATION_ID", options.id]]) as Record<
    string,
    string
  >;
  const shared = { ...envFile, ...env, ...own };

  const instances = types.flatMap(({ name, command }, index) =>
    Array.from({ length: counts.get(name) ?? 0 }, (_, offset) => ({
      name: `${name}.${offset + 1}`,
      command,
      env: { ...shared, PORT: String(portOf(base, index, offset + 1)) },
    })),
  );
  if (instances.length === 0) throw new Error("the formation starts nothing: raise a count in -m");
  const first = oneOffs.map(({ name, command }) => ({ name: `${name}.1`, command, env: shared }));
  const names = [...instances, ...first].map(({ name }) => name);
  return { oneOffs: first, instances, names };
}
