// Writes the units of docs/deploy, and the files that they need, into a folder.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");

/** The targets that the units refer to, defined empty: systemd's own would start a whole machine. */
const TARGETS = ["basic", "default", "multi-user", "network-online", "shutdown", "sockets"].concat([
  "sysinit",
  "umount",
]);

/** Writes the units, with another user, path of Node, and port. */
export function writeUnits(folder: string, node: string, port: number): string[] {
  mkdirSync(folder, { recursive: true });
  return [
    write(folder, "berth.socket", { "ListenStream=5000": `ListenStream=127.0.0.1:${port}` }),
    write(folder, "berth@.service", { "User=berth": "User=daemon", "/usr/bin/node": node }),
  ];
}

/** @throws Error when the unit lacks a text to replace */
function write(folder: string, file: string, changes: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(root, "docs/deploy", file), "utf8");
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`docs/deploy/${file} does not have ${from}`);
    text = text.replaceAll(from, to);
  }
  writeFileSync(join(folder, file), text);
  return join(folder, file);
}

/** Writes the targets around the units, and redirects the service's log to a file. */
export function writeSurroundings(folder: string, log: string): void {
  for (const target of TARGETS)
    writeFileSync(join(folder, `${target}.target`), "[Unit]\nDefaultDependencies=no\n");
  mkdirSync(join(folder, "berth@.service.d"));
  const streams = ["StandardOutput", "StandardError"].map((name) => `${name}=append:${log}\n`);
  writeFileSync(join(folder, "berth@.service.d/log.conf"), `[Service]\n${streams.join("")}`);
}

/** Writes the built service as releases 1 and 2, versions 0.0.1 and 0.0.2; release 1 is current. */
export function writeReleases(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): void {
  for (const name of ["node_modules", "packages"])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "node"), "");
  const set = Object.entries(env).filter(([, value]) => value !== undefined);
  const lines = set.map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, ".env"), lines.join(""));
  for (const release of ["1", "2"]) {
    const path = join(folder, "releases", release);
    cpSync(join(root, "dist"), join(path, "dist"), { recursive: true });
    const about = { name: "berth", version: `0.0.${release}` };
    writeFileSync(join(path, "package.json"), JSON.stringify(about));
  }
  symlinkSync("releases/1", join(folder, "current"));
}
