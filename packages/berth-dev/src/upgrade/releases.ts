// Where a newer version comes from: a clone of Berth, a folder or an address with tarballs, or npm's registry.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "port-contract/args";
import { runTool } from "../scaffold/render";
import { versionsIn } from "../scaffold/template";
import { fileNameOf, unpackTarball } from "./tarballs";
import { compareVersions, isVersion } from "./versions";

/** A version of Berth, and how its packages are fetched. */
export interface Release {
  version: string;
  /** Puts the tarball of a package into a folder, under the name that `npm pack` gives it. */
  fetch: (name: string, version: string, folder: string) => Promise<void> | void;
}

/**
 * Finds the version that a source has; if it has several, the newest.
 * @param source A version of npm's registry (default: its newest), an address, or a path.
 * @throws UsageError when it has none.
 */
export function findRelease(
  root: string,
  source: string | undefined,
  isVendored: boolean,
): Promise<Release> | Release {
  if (source !== undefined && /^https?:\/\//.test(source)) return atAddress(source);
  if (source !== undefined && !isVersion(source)) {
    return atPath(resolve(process.env["INIT_CWD"] ?? "", source));
  }
  if (!isVendored) return inRegistry(root, source);
  throw new UsageError(
    `the packages are tarballs in vendor/, not from a registry: name the newer ones, by npm run upgrade -- PATH or URL`,
  );
}

const TARBALL = /berth-dev-(\d+\.\d+\.\d+(?:-[\w.]+?)?)\.tgz/g;

const newest = (text: string): string | undefined =>
  [...text.matchAll(TARBALL)]
    .map(([, version = ""]) => version)
    .sort(compareVersions)
    .at(-1);

function atPath(path: string): Release {
  if (!existsSync(path)) {
    throw new UsageError(
      `${path} does not exist: name a clone of Berth, a folder with tarballs, or the tarball of berth-dev`,
    );
  }
  if (existsSync(join(path, "packages/berth-dev/package.json"))) return inClone(path);
  const isFile = statSync(path).isFile();
  const folder = isFile ? dirname(path) : path;
  const version = newest(isFile ? path.slice(folder.length) : readdirSync(folder).join("\n"));
  if (version === undefined) {
    throw new UsageError(
      `${path} has no berth-dev-VERSION.tgz: name a clone of Berth, a folder with tarballs, or the tarball of berth-dev`,
    );
  }
  return {
    version,
    fetch: (name, of, to) => {
      const file = join(folder, fileNameOf(name, of));
      if (!existsSync(file)) {
        throw new UsageError(
          `${file} is missing: put the tarballs of all packages of Berth ${version} into one folder; nothing has been changed`,
        );
      }
      copyFileSync(file, join(to, fileNameOf(name, of)));
    },
  };
}

function inClone(path: string): Release {
  const manifest = readFileSync(join(path, "packages/berth-dev/package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  return {
    version,
    fetch: (name, of, to) => {
      // One command packs all of them.
      if (existsSync(join(to, fileNameOf(name, of)))) return;
      if (!existsSync(join(path, "node_modules"))) {
        throw new UsageError(`${path} is not installed: run npm ci there first`);
      }
      runTool(path, "npm", ["run", "--silent", "pack", "--", to], `${path} cannot be packed`);
    },
  };
}

const TIMEOUT_MS = 60_000;

async function download(url: URL): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it responds ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (err) {
    const { message, cause } = err as Error;
    const reason =
      cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message;
    throw new UsageError(
      `${url.href} cannot be read (${reason}): check the address and the network; nothing has been changed`,
    );
  }
}

/** The address of berth-dev's tarball with the others beside it, or of a page that lists tarballs beside it, as web servers list a folder. */
async function atAddress(source: string): Promise<Release> {
  const url = new URL(source);
  const isFile = url.pathname.endsWith(".tgz");
  if (!isFile && !url.pathname.endsWith("/")) url.pathname += "/";
  const version = newest(isFile ? url.pathname : (await download(url)).toString());
  if (version === undefined) {
    throw new UsageError(
      `${url.href} names no berth-dev-VERSION.tgz: give the address of that tarball, or of a page that lists the folder`,
    );
  }
  return {
    version,
    fetch: async (name, of, to) => {
      const file = fileNameOf(name, of);
      writeFileSync(join(to, file), await download(new URL(file, url)));
    },
  };
}

/** npm, as it is configured for the service. */
function npm(root: string, ...args: string[]): string {
  const { status, error, stdout, stderr } = spawnSync("npm", args, { cwd: root, encoding: "utf8" });
  if (status === 0) return stdout.trim();
  const [line = `exit code ${status}`] = stderr
    .split("\n")
    .filter((each) => /npm error/.test(each))
    .slice(1);
  throw new UsageError(
    `npm ${args[0]} failed (${error?.message ?? line.replace(/^npm error /, "")}): check the network, and \`npm config get registry\`; nothing has been changed`,
  );
}

function inRegistry(root: string, wanted: string | undefined): Release {
  const name = wanted === undefined ? "berth-dev" : `berth-dev@${wanted}`;
  const version = npm(root, "view", name, "version");
  if (version === "") {
    throw new UsageError(
      `the registry has no ${name}: npm view berth-dev versions lists those that it has`,
    );
  }
  return { version, fetch: (each, of, to) => packFromRegistry(root, each, of, to) };
}

/** Puts a package's tarball of npm's registry into a folder. */
export function packFromRegistry(
  root: string,
  name: string,
  version: string,
  folder: string,
): void {
  npm(
    root,
    "pack",
    `${name}@${version}`,
    "--pack-destination",
    folder,
    "--ignore-scripts",
    "--silent",
  );
}

/**
 * Fetches all packages of a release into `work/vendor`, and unpacks them into `work/node_modules`.
 * @returns Their versions.
 * @throws UsageError when a tarball is missing, incomplete, or of another package.
 */
export async function fetchRelease(
  { version, fetch }: Release,
  work: string,
): Promise<Readonly<Record<string, string>>> {
  const vendor = join(work, "vendor");
  mkdirSync(vendor, { recursive: true });
  const unpack = async (name: string, of: string) => {
    await fetch(name, of, vendor);
    const folder = join(work, "node_modules", name);
    unpackTarball(join(vendor, fileNameOf(name, of)), folder, name, of);
    return folder;
  };
  const tools = await unpack("berth-dev", version);
  const versions = versionsIn(join(tools, "template.json"));
  for (const [name, of] of Object.entries(versions)) {
    if (name !== "berth-dev") await unpack(name, of);
  }
  return versions;
}
