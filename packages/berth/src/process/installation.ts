// Looks at how a service is installed: the Node that runs it, the versions of packages, and copies of one package.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Logger } from "pino";
import { isInRange } from "./version-range";

/** What of a package.json is looked at here. */
interface Manifest {
  name?: string;
  version?: string;
  engines?: { node?: string };
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** What a process was started with. */
export interface Started {
  /** The file that Node runs. */
  main: string;
  nodeVersion: string;
  /** The files that are loaded. */
  loaded: readonly string[];
}

/** This package. */
const OWN = join(__dirname, "../..");

/** Logs a warning for each finding. None of them ends the process: much of the service may work all the same. */
export function checkInstallation(logger: Logger): void {
  const main = require.main?.filename ?? process.argv[1];
  if (main === undefined) return;
  const loaded = Object.keys(require.cache);
  const nodeVersion = process.versions.node;
  for (const finding of findMistakes({ main, nodeVersion, loaded })) logger.warn(finding);
}

/** Describes what is wrong and its cure, each in a sentence; a few small files are read. */
export function findMistakes({ main, nodeVersion, loaded }: Started): string[] {
  const service = serviceOf(main);
  const own = { folder: OWN, manifest: readManifest(OWN) ?? {} };
  return [
    ...new Set([
      ...[own, service].flatMap((place) => nodeMistake(place, nodeVersion)),
      ...versionMistakes(service, own),
      ...copies(loaded),
    ]),
  ];
}

interface Place {
  folder: string;
  manifest: Manifest;
}

/** The nearest package.json with a name above the file; one that only sets the type of modules has none. */
function serviceOf(main: string): Place {
  for (let folder = dirname(main); ; folder = dirname(folder)) {
    const manifest = readManifest(folder);
    if (manifest?.name !== undefined) return { folder, manifest };
    if (folder === dirname(folder)) return { folder, manifest: {} };
  }
}

function nodeMistake({ manifest: { name, engines } }: Place, version: string): string[] {
  if (engines?.node === undefined || isInRange(version, engines.node)) return [];
  return [
    `Node ${version} is not supported: ${name} needs ${engines.node}. Run it with such a Node`,
  ];
}

/** What is installed is not what package.json asks for, or what packages of Berth need of others. */
function versionMistakes(service: Place, own: Place): string[] {
  const { dependencies = {} } = service.manifest;
  const peers = own.manifest.peerDependencies ?? {};
  const grpc = installed(service.folder, "berth-grpc");
  const wanted = [
    ...["berth", "berth-grpc", ...Object.keys(peers)].map(
      (name) => [service, name, dependencies[name]] as const,
    ),
    ...Object.entries(peers).map(([name, range]) => [own, name, range] as const),
    ...Object.entries(grpc?.manifest.peerDependencies ?? {}).map(
      ([name, range]) => [grpc as Place, name, range] as const,
    ),
  ];
  return wanted.flatMap(([{ folder, manifest }, name, range]) => {
    const version = range === undefined ? undefined : installed(folder, name)?.manifest.version;
    if (range === undefined || version === undefined || isInRange(version, versionsIn(range)))
      return [];
    const cure =
      manifest === service.manifest
        ? "npm install installs it"
        : `npm install ${name}@"${range}" does`;
    return [
      `${name} ${version} is installed, but ${manifest.name ?? folder} needs ${range}: ${cure}`,
    ];
  });
}

/** A tarball is named by its version, as in `file:vendor/berth-0.2.0.tgz`. */
const versionsIn = (range: string): string =>
  /^file:.*-(\d+\.\d+\.\d+)[^/]*\.tgz$/.exec(range)?.[1] ?? range;

/** A package as Node finds it from a folder: in npm's tree, pnpm's, and through the links of workspaces. */
function installed(from: string, name: string): Place | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, "node_modules", name);
    const manifest = basename(folder) === "node_modules" ? undefined : readManifest(place);
    if (manifest) return { folder: place, manifest };
    if (folder === dirname(folder)) return undefined;
  }
}

/** What two copies cost. */
const COSTS: Readonly<Record<string, string>> = {
  express: "apps and routers of one are slower, and not as exact, in an app of the other",
  pino: "loggers of one do not write as those of the other do",
  berth: "its errors, contexts and descriptions of one are not known to the other",
};

/** Packages that should be loaded from one place, and are not. */
function copies(loaded: readonly string[]): string[] {
  const roots: Record<string, Set<string>> = { berth: new Set([OWN]) };
  for (const file of loaded) {
    const [, root, name = ""] = INSTALLED.exec(file) ?? [];
    if (root !== undefined) (roots[name] ??= new Set()).add(root);
    // In a workspace its folder is not in node_modules.
    const [, folder] = ENTRY_POINT.exec(file) ?? [];
    if (folder !== undefined && folder !== OWN && readManifest(folder)?.name === "berth")
      roots["berth"]?.add(folder);
  }
  return Object.entries(roots).flatMap(([name, { size }]) => {
    if (size < 2) return [];
    const places = [...(roots[name] ?? [])].sort();
    const tool = places.some((place) => /[\\/]\.pnpm[\\/]/.test(place)) ? "pnpm" : "npm";
    return [
      `${size} copies of ${name} are loaded, from ${places.join(" and ")}: ${COSTS[name]}. ` +
        `${tool} dedupe makes them one where versions allow it; ${tool} ${tool === "npm" ? "ls" : "why"} ${name} shows what needs which`,
    ];
  });
}

const INSTALLED = /^(.*[\\/]node_modules[\\/](express|pino))[\\/]/;
const ENTRY_POINT = /^(.*)[\\/]dist[\\/]exports[\\/][a-z]+\.js$/;

function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    // There is none, or it is not this process that has to understand it.
    return undefined;
  }
}
