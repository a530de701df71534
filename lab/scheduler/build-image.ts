// Builds the image of this checkout by its Dockerfile, on a base of Debian's packages, as no registry need be reachable.
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { requireProgram } from "../recipes/missing";
import { CONFINED, type Docker, execute } from "./docker";
import type { Options } from "./options";

const ROOT = join(__dirname, "../..");
/** The release of Debian that the official Node images have. */
const DEBIAN = "bookworm";
const EXTRA_CERTIFICATES = "/etc/extra-certificates.pem";

/** The image of this checkout. */
export const IMAGE = "berth:1";
/** Another one, which differs in its label. */
export const NEXT_IMAGE = "berth:2";

/** Makes both images. @throws Error with a program's output when it fails */
export async function prepareImage(docker: Docker, { image, node }: Options): Promise<void> {
  if (image) await load(docker, image);
  else await build(docker, node);
  const folder = join(docker.folder, "next");
  mkdirSync(folder);
  writeFileSync(join(folder, "Dockerfile"), `FROM ${IMAGE}\nLABEL next=true\n`);
  await docker.docker(["build", "--tag", NEXT_IMAGE, folder]);
}

async function load({ docker }: Docker, file: string): Promise<void> {
  const said = await docker(["load", "--input", file]);
  const [, name] = /Loaded image(?: ID)?: (\S+)/.exec(said) ?? [];
  if (!name) throw new Error(`--image ${file} must be a file of docker save, which said: ${said}`);
  await docker(["tag", name, IMAGE]);
}

async function build(docker: Docker, node: string): Promise<void> {
  requireProgram("debootstrap", "debootstrap");
  const [, base] = /^FROM (\S+)/m.exec(readFileSync(join(ROOT, "Dockerfile"), "utf8")) ?? [];
  await importBase(docker, node, base!);
  await docker.docker(["build", "--network", "host", "--tag", IMAGE, ROOT]);
}

/** Imports Debian's smallest system with Node and npm, under the name that the Dockerfile asks for. */
async function importBase({ docker, folder }: Docker, node: string, name: string): Promise<void> {
  const base = join(folder, "base");
  await execute([...CONFINED, "debootstrap", "--variant=minbase", DEBIAN, base]);
  const local = (path: string) => join(base, "usr/local", path);
  copyFileSync(await execute([node, "-p", "process.execPath"]), local("bin/node"));
  const npm = await execute(["sh", "-c", 'realpath "$(command -v npm)"']);
  cpSync(dirname(dirname(npm)), local("lib/node_modules/npm"), { recursive: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", local("bin/npm"));
  // Where a proxy signs for the registry, npm has to trust it within the build, too.
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  if (certificates) copyFileSync(certificates, join(base, EXTRA_CERTIFICATES));
  const trust = certificates ? ["--change", `ENV NODE_EXTRA_CA_CERTS=${EXTRA_CERTIFICATES}`] : [];

  const archive = join(folder, "base.tar");
  await execute(["tar", "-C", base, "-cf", archive, "."]);
  rmSync(base, { recursive: true });
  await docker(["import", ...trust, archive, name]);
  rmSync(archive);
}
