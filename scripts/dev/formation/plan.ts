// Decides what to start: the instances of a formation, each with its command, port and environment.
import { parseFormation } from "./formation-size";
import type { Options } from "./options";
import { orderLines } from "./order";
import { chooseBasePort, portOf, portVariable } from "./ports";
import type { Procfile } from "./procfile";

export interface Instance {
  /** As shown in the output: `web.1`. */
  name: string;
  command: string;
  env: NodeJS.ProcessEnv;
  /** What the stages after it wait for: its end, with code 0, or that its port accepts connections. */
  awaited?: "end" | "port";
}

export interface Plan {
  /** What is started together, in this order. */
  stages: Instance[][];
  /** Those that have a port, in the Procfile's order. */
  instances: Instance[];
  /** The names of all of them. */
  names: string[];
  /** The first port of all. */
  base: number;
}

/**
 * Lays out the processes of `procfile`. The environment wins over the .env file, as it does in the service itself, and what
 * the formation says about ports and its `id` wins over both.
 * @throws Error when the formation is not understood or starts nothing, or there are not enough ports.
 */
export function planFormation(
  { types, oneOffs }: Procfile,
  options: Pick<Options, "formation" | "port" | "inspect"> & { id: string },
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

  const started = types.filter(({ name }) => counts.get(name));
  if (started.length === 0) throw new Error("the formation starts nothing: raise a count in -m");
  const { stages, isNeeded } = orderLines({ types: started, oneOffs });

  const instances = new Map<string, Instance[]>();
  let inspectPort = options.inspect;
  for (const type of started) {
    const numbers = Array.from({ length: counts.get(type.name) ?? 0 }, (_, index) => index + 1);
    const toInstance = (number: number): Instance => ({
      name: `${type.name}.${number}`,
      command: type.command,
      env: {
        ...shared,
        PORT: String(portOf(base, types.indexOf(type), number)),
        ...(inspectPort !== undefined && { INSPECT_PORT: String(inspectPort++) }),
      },
      ...(isNeeded(type) && { awaited: "port" }),
    });
    instances.set(type.name, numbers.map(toInstance));
  }
  for (const { name, command } of oneOffs) {
    instances.set(name, [{ name: `${name}.1`, command, env: shared, awaited: "end" }]);
  }
  const all = [...instances.values()].flat();
  return {
    stages: stages.map((stage) => stage.flatMap(({ name }) => instances.get(name) ?? [])),
    instances: all.filter(({ awaited }) => awaited !== "end"),
    names: all.map(({ name }) => name),
    base,
  };
}
