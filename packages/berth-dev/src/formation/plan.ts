// Decides what to start: the instances of a formation, each with its command, port and environment.
import { planRoutes, typesOf, type Routes } from "../router/routes";
import { countIn, parseFormation } from "./formation-size";
import type { Options } from "./options";
import {
  describeAbsent,
  orderLines,
  unusedTypes,
  withDependencies,
  withoutUnusedDefaults,
} from "./order";
import { chooseBasePort, portOf, portVariable } from "./ports";
import type { ProcessType, Procfile } from "./procfile";

export interface Instance {
  /** As shown in the output: `web.1`. */
  name: string;
  command: string;
  env: NodeJS.ProcessEnv;
  /** What later stages wait for: that it exits with code 0, or that its port accepts connections. */
  awaited?: "end" | "port";
}

export interface Plan {
  /** The instances of a stage are started together, once the stage before it is up. */
  stages: Instance[][];
  /** The instances that have a port, in the Procfile's order. */
  instances: Instance[];
  /** The names of all instances. */
  names: string[];
  /** What to say about types that are not started. */
  notes: string[];
  /** The first port of the formation. */
  base: number;
  router?: RouterPlan;
}

/** The router's configuration. */
export interface RouterPlan {
  port: number;
  routes: Routes;
  /** By process type, the instances that requests are sent to. */
  targets: ReadonlyMap<string, readonly { name: string; port: number }[]>;
}

/**
 * Plans the processes of `procfile`. The environment takes precedence over the .env file, as in the service itself, and the
 * formation's ports and `id` take precedence over both.
 * @throws Error when the formation is invalid or empty, or there are not enough ports.
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
  const lines = withoutUnusedDefaults(procfile, { ...envFile, ...env });
  const counts = countTypes(procfile, lines, options);
  const base = chooseBasePort(options.port, envFile, env);
  const ports = typeNames.map((name, index): [string, string] => [
    portVariable(name),
    String(portOf(base, index, 1)),
  ]);
  const shared: NodeJS.ProcessEnv = {
    ...envFile,
    ...env,
    ...Object.fromEntries(ports),
    FORMATION_ID: options.id,
  };

  const started = types.filter(({ name }) => counts.get(name));
  if (started.length === 0) throw new Error("the formation starts nothing: raise a count in -m");
  const { stages, isAwaited } = orderLines({
    types: lines.types.filter(({ name }) => counts.get(name)),
    oneOffs: lines.oneOffs,
  });

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
        // The router is the one proxy in front of it. The environment can override this.
        ...(isRouted(type) && { TRUST_PROXY: "1" }),
        ...shared,
        PORT: String(portOf(base, types.indexOf(type), number)),
        ...(inspectPort !== undefined && { INSPECT_PORT: String(inspectPort++) }),
      },
      ...(isAwaited(type) && { awaited: "port" }),
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
    notes: describeAbsent(procfile, lines, (name) => Boolean(counts.get(name))),
    base,
    ...(router && { router }),
  };
}

/**
 * The number of instances of each type: from -m; otherwise one of each requested type and of those that it waits for, or the
 * Procfile's counts if no type is requested. A type that others would wait for is not started when none of them uses it.
 * @param lines Those of the Procfile, without defaults that are not used.
 */
function countTypes(
  procfile: Procfile,
  lines: Pick<Procfile, "types" | "oneOffs">,
  { formation, types: requested = [] }: Partial<Pick<Options, "formation" | "types">>,
): Map<string, number> {
  const names = procfile.types.map(({ name }) => name);
  const unknown = requested.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(
      `"${unknown}" is neither the command restart nor a type in the Procfile: ${names.join(", ")}`,
    );
  const flag = formation === undefined ? undefined : parseFormation(formation, names, "-m");
  const wanted = withDependencies(requested, lines);
  const chosen = new Map(names.map((name) => [name, wanted.has(name) ? 1 : 0]));
  const defaults = requested.length > 0 ? chosen : procfile.counts;
  const counts = new Map(names.map((name) => [name, countIn(name, flag, defaults)]));
  const isAskedFor = (name: string) =>
    requested.includes(name) || flag?.has(name) || flag?.has("all");
  for (const name of unusedTypes(procfile, lines, (each) => Boolean(counts.get(each))))
    if (!isAskedFor(name)) counts.set(name, 0);
  return counts;
}

/** @throws Error when an instance has the same port. */
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
