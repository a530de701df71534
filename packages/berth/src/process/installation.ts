// Checks how a service is installed: the Node version, the versions of packages, and duplicates of a package.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Logger } from "pino";
import type { About } from "./about";
import { isInRange } from "./version-range";

/** The parts of a package.json that are checked. */
interface Manifest {
  name?: string;
  version?: string;
  engines?: { node?: string };
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** An installed package, or the service itself. */
interface Package {
  folder: string;
  manifest: Manifest;
}

/** The folder of this package. */
const OWN_FOLDER = join(__dirname, "../..");

/**
 * Logs a warning for each mistake, with its cure. The process goes on, because most of the service may work all the same.
 */
export function checkInstallation(logger: Logger): void {
  const main = mainFile();
  if (main === undefined) return;
  const service = serviceOf(main);
  const own = { folder: OWN_FOLDER, manifest: readManifest(OWN_FOLDER) ?? {} };
  const mistakes = [
    ...[own, service].flatMap(nodeMistake),
    ...versionMistakes(service, own),
    ...duplicates(Object.keys(require.cache)),
  ];
  for (const mistake of new Set(mistakes)) logger.warn(mistake);
}

/** The name and version of the service that this process runs. */
export function readOwnAbout(): About {
  const { name = "service", version = "0.0.0" } = serviceOf(mainFile() ?? "/").manifest;
  return { name, version };
}

const mainFile = (): string | undefined => require.main?.filename ?? process.argv[1];

/** Finds the nearest package.json that has a name: one that only sets `type` has none. */
function serviceOf(main: string): Package {
  for (let folder = dirname(main); ; folder = dirname(folder)) {
    const manifest = readManifest(folder);
    if (manifest?.name !== undefined) return { folder, manifest };
    if (folder === dirname(folder)) return { folder, manifest: {} };
  }
}

function nodeMistake({ manifest: { name, engines } }: Package): string[] {
  const version = process.versions.node;
  if (engines?.node === undefined || isInRange(version, engines.node)) return [];
  return [
    `Node ${version} is not supported: ${name} needs ${engines.node}. Run it with a supported version`,
  ];
}

/** Finds packages whose version does not match the service's package.json, or the peer dependencies of Berth's packages. */
function versionMistakes(service: Package, own: Package): string[] {
  const { dependencies = {} } = service.manifest;
  const peers = own.manifest.peerDependencies ?? {};
  const others = ["berth-grpc", "berth-telemetry"];
  return [
    ...["berth", ...others, ...Object.keys(peers)].flatMap((name) =>
      versionMistake(service, name, dependencies[name], "run npm install"),
    ),
    ...peerMistakes(own),
    ...others.flatMap((name) => {
      const found = installed(service.folder, name);
      return found ? peerMistakes(found) : [];
    }),
  ];
}

const peerMistakes = (requiring: Package): string[] =>
  Object.entries(requiring.manifest.peerDependencies ?? {}).flatMap(([name, range]) =>
    versionMistake(requiring, name, range, `run npm install ${name}@"${range}"`),
  );

function versionMistake(
  { folder, manifest }: Package,
  name: string,
  range: string | undefined,
  cure: string,
): string[] {
  const version = range === undefined ? undefined : installed(folder, name)?.manifest.version;
  if (range === undefined || version === undefined) return [];
  if (isInRange(version, versionsIn(range))) return [];
  return [
    `${name} ${version} is installed, but ${manifest.name ?? folder} needs ${range}: ${cure}`,
  ];
}

/** A tarball's name contains its version, as in `file:vendor/berth-0.2.0.tgz`. */
const versionsIn = (range: string): string =>
  /^file:.*-(\d+\.\d+\.\d+)[^/]*\.tgz$/.exec(range)?.[1] ?? range;

/** Finds a package as Node resolves it from a folder: in the trees of npm and pnpm, and through workspace links. */
function installed(from: string, name: string): Package | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    const manifest = basename(folder) === "node_modules" ? undefined : readManifest(found);
    if (manifest) return { folder: found, manifest };
    if (folder === dirname(folder)) return undefined;
  }
}

/** What goes wrong with two copies. */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  express: "apps and routers of one copy are slower and less exact in an app of the other",
  pino: "loggers of one copy do not write as those of the other do",
  berth: "one copy does not recognize the errors, contexts and route descriptions of the other",
};

/** Finds packages that are loaded from more than one folder. */
function duplicates(loaded: readonly string[]): string[] {
  const roots: Record<string, Set<string>> = { berth: new Set([OWN_FOLDER]) };
  for (const file of loaded) {
    const [, root, name = ""] = INSTALLED.exec(file) ?? [];
    if (root !== undefined) (roots[name] ??= new Set()).add(root);
    // In a workspace, berth itself is outside of node_modules.
    const [, folder] = ENTRY_POINT.exec(file) ?? [];
    if (folder !== undefined && folder !== OWN_FOLDER && readManifest(folder)?.name === "berth")
      roots["berth"]?.add(folder);
  }
  return Object.entries(roots).flatMap(([name, { size }]) => {
    if (size < 2) return [];
    const places = [...(roots[name] ?? [])].sort();
    const tool = places.some((place) => /[\\/]\.pnpm[\\/]/.test(place)) ? "pnpm" : "npm";
    return [
      `${size} copies of ${name} are loaded, from ${places.join(" and ")}: ${CONSEQUENCES[name]}. ` +
        `${tool} dedupe merges them if versions allow it; ${tool} ${tool === "npm" ? "ls" : "why"} ${name} shows which package requires which copy`,
    ];
  });
}

const INSTALLED = /^(.*[\\/]node_modules[\\/](express|pino))[\\/]/;
const ENTRY_POINT = /^(.*)[\\/]dist[\\/]exports[\\/][a-z]+\.js$/;

function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    // Missing or malformed: not for this check to report.
    return undefined;
  }
}
