// Publishes the packages to the registry that npm is configured for.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packTemplate } from "berth-dev/scaffold";
import { UsageError } from "port-contract/args";
import { packages } from "../packages/packages";
import { pack, type Tarball } from "../packages/tarballs";

/** A package as it would be published. */
export interface Staged {
  name: string;
  version: string;
  tarball: Tarball;
}

export interface PublishOptions {
  /** Further arguments of `npm publish`. */
  args: readonly string[];
  /** The environment of npm, which may configure the registry. */
  env: NodeJS.ProcessEnv;
  /** On GitHub, `OWNER/NAME`. */
  repository?: string;
  /** On GitHub, the name of the tag. */
  tag?: string;
}

/** What became of a package. */
export interface Published extends Staged {
  /** False if the registry had it already, as after an interrupted run. */
  isNew: boolean;
}

/** Packs copies of the packages into a folder. @param repository On GitHub: their `repository`, which provenance requires. */
export function stagePackages(folder: string, repository?: string, of = packages): Staged[] {
  packTemplate(join(__dirname, "../.."));
  return of.map(({ folder: source, manifest }) => {
    const { name, version } = manifest;
    const copy = join(folder, name);
    const isPacked = (path: string) => !/[\\/](node_modules|test)$/.test(path);
    cpSync(source, copy, { recursive: true, filter: isPacked });
    if (repository !== undefined) {
      const from = { type: "git", url: addressOf(repository), directory: `packages/${name}` };
      const text = JSON.stringify({ ...manifest, repository: from }, undefined, 2);
      writeFileSync(join(copy, "package.json"), `${text}\n`);
    }
    return { name, version, tarball: pack({ folder: copy, manifest }, folder) };
  });
}

/**
 * Publishes each package after those that it depends on. Can be run again after an interruption.
 * @throws UsageError before anything is published when a version differs from the tag, or the registry has the version with other
 * content, or the name belongs to another repository.
 */
export function publishPackages(staged: readonly Staged[], options: PublishOptions): Published[] {
  const { args, env, tag } = options;
  const other = staged.find(({ version }) => tag !== undefined && tag !== `v${version}`);
  if (other) throw new UsageError(`the tag is ${tag}, but ${other.name} is ${other.version}`);
  const published = staged.map((one) => ({ ...one, isNew: isNew(one, options) }));
  for (const { tarball, isNew } of published) {
    if (!isNew) continue;
    const all = ["publish", tarball.path, "--ignore-scripts", "--loglevel=error", ...args];
    execFileSync("npm", all, { cwd: tmpdir(), env, stdio: ["ignore", "ignore", "inherit"] });
  }
  return published;
}

const addressOf = (repository: string): string => `git+https://github.com/${repository}.git`;

interface Entry {
  /** One is no list. */
  versions: string | string[];
  repository?: { url?: string };
  dist: { integrity: string };
}

function isNew(
  { name, version, tarball }: Staged,
  { env, repository }: Pick<PublishOptions, "env" | "repository">,
): boolean {
  const latest = view(name, env);
  if (latest === undefined) return true;
  const owner = latest.repository?.url;
  if (repository !== undefined && owner !== addressOf(repository)) {
    throw new UsageError(
      `the registry has another package with the name ${name} (repository: ${owner ?? "none"}); nothing has been published`,
    );
  }
  if (![latest.versions].flat().includes(version)) return true;
  if (view(`${name}@${version}`, env)?.dist.integrity === tarball.integrity) return false;
  throw new UsageError(
    `${name}@${version} is published with other content: raise the version of all packages; nothing has been published`,
  );
}

/** What the registry says about a package; undefined if it has none. @throws UsageError when it cannot be asked. */
function view(spec: string, env: NodeJS.ProcessEnv): Entry | undefined {
  const args = ["view", spec, "versions", "repository", "dist", "--json", "--prefer-online"];
  const { stdout, stderr } = spawnSync("npm", args, { cwd: tmpdir(), env, encoding: "utf8" });
  if (stdout.trim() === "") return undefined;
  const entry = JSON.parse(stdout) as Entry & { error?: { code: string; summary: string } };
  if (entry.error === undefined) return entry;
  if (entry.error.code === "E404") return undefined;
  throw new UsageError(
    `the registry cannot be asked for ${spec}: ${entry.error.summary || stderr}`,
  );
}

/** One line for each package: its name, the size of its tarball, and what became of it. */
export const publishedLine = ({ name, version, tarball, isNew }: Published): string =>
  `${`${name}@${version}`.padEnd(22)} ${`${Math.ceil(tarball.size / 1024)} kB`.padStart(8)} ${String(tarball.files.length).padStart(4)} files  ${isNew ? "published" : "was there"}`;
