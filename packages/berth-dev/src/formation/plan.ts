// Decides what to start: the instances of a formation, each with its command, port and environment.
import { planRoutes, typesOf, type Routes } from "../router/routes";
import { countIn, parseFormation } from "./formation-size";
import type { Options } from "./options";
import { orderLines, withNeeds } from "./order";
import { chooseBasePort, portOf, portVariable } from "./ports";
import type { ProcessType, Procfile } from "./procfile";

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
  router?: RouterPlan;
}

/** What the router is told. */
export interface RouterPlan {
  port: number;
  routes: Routes;
  /** By process type, those that requests are sent to. */
  targets: ReadonlyMap<string, readonly { name: string; port: number }[]>;
}

/**
 * Lays out the processes of `procfile`. The environment wins over the .env file, as it does in the service itself, and what
 * the formation says about ports and its `id` wins over both.
 * @throws Error when the formation is not understood or starts nothing, or there are not enough ports.
 */
export function planFormation(
  procfile: Procfile,
  options: Pick<Options, "formation" | "port" | "inspect"> &
    Partial<Pick<Options, "router" | "types">> & { id: string },
  env: NodeJS.ProcessEnv,
  envFile: Record<string, string>,
): Plan {
  const { types, oneOffs } = procfile;
  const typeNames = types.map(({ name }) => name);
  const counts = countTypes(procfile, options);
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

  const routes = options.router && planRoutes(options.router.hosts, counts);
  const isRouted = ({ name }: ProcessType) => routes && typesOf(routes).includes(name);

  const instances = new Map<string, Instance[]>();
  let inspectPort = options.inspect;
  for (const type of started) {
    const numbers = Array.from({ length: counts.get(type.name) ?? 0 }, (_, index) => index + 1);
    const toInstance = (number: number): Instance => ({
      name: `${type.name}.${number}`,
      command: type.command,
      env: {
        // As behind any router; whoever sets it otherwise knows better.
        ...(isRouted(type) && { TRUST_PROXY: "1" }),
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
  const router = options.router && routes && planRouter(options.router.port, routes, instances);
  return {
    stages: stages.map((stage) => stage.flatMap(({ name }) => instances.get(name) ?? [])),
    instances: all.filter(({ awaited }) => awaited !== "end"),
    names: all.map(({ name }) => name),
    base,
    ...(router && { router }),
  };
}

/**
 * How many there are of each type: as -m says, else one of those that are asked for and what they wait for, or what the
 * Procfile says.
 */
function countTypes(
  { types, oneOffs, counts: own }: Procfile,
  { formation, types: asked = [] }: Partial<Pick<Options, "formation" | "types">>,
): Map<string, number> {
  const names = types.map(({ name }) => name);
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(`"${unknown}" is neither restart nor in the Procfile: ${names.join(", ")}`);
  const flag = formation === undefined ? undefined : parseFormation(formation, names, "-m");
  const wanted = withNeeds(asked, { types, oneOffs });
  const chosen = new Map(names.map((name) => [name, wanted.has(name) ? 1 : 0]));
  return new Map(names.map((name) => [name, countIn(name, flag, asked.length > 0 ? chosen : own)]));
}

/** @throws Error when an instance has the router's port. */
function planRouter(
  port: number,
  routes: Routes,
  instances: ReadonlyMap<string, Instance[]>,
): RouterPlan {
  const holder = [...instances.values()]
    .flat()
    .find(({ env, awaited }) => awaited !== "end" && env.PORT === String(port));
  if (holder) throw new Error(`--router ${port} is the port of ${holder.name}: choose another one`);
  const targetsOf = (type: string) =>
    (instances.get(type) ?? []).map(({ name, env }) => ({ name, port: Number(env.PORT) }));
  return { port, routes, targets: new Map(typesOf(routes).map((type) => [type, targetsOf(type)])) };
}
