// `berth doctor` in a service as `npm run init` writes it, with its packages installed from vendor/.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { freePort } from "port-contract/ports";
import { git, newFolder, packed, root, writeService } from "../new-service";

interface Lock {
  packages: Record<string, { resolved?: string }>;
}

let service: string;
let port: number;
let registry: Server;
/** What the registry knows about packages: advisories by name. */
let advisories: object = {};

beforeAll(async () => {
  packed();
  service = writeService();
  install(service);
  git(service, "init", "--quiet");
  git(service, "add", "--all");
  port = await freePort(201);
  registry = createServer((req, res) => {
    const isAudit = req.url === "/-/npm/v1/security/advisories/bulk";
    req.resume().on("end", () => {
      res.writeHead(isAudit ? 200 : 404, { "Content-Type": "application/json" });
      res.end(JSON.stringify(isAudit ? advisories : { error: "not found" }));
    });
  }).listen(0, "127.0.0.1");
  await once(registry, "listening");
});
afterAll(() => registry.close());

/** Unpacks the vendored packages, as npm does, and links all others to those of this repository. */
function install(folder: string): void {
  const modules = join(folder, "node_modules");
  rmSync(modules);
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as Lock;
  for (const [path, { resolved = "" }] of Object.entries(packages)) {
    const target = join(folder, path);
    if (path === "" || existsSync(target)) continue;
    mkdirSync(resolved.startsWith("file:") ? target : dirname(target), { recursive: true });
    if (resolved.startsWith("file:")) unpack(join(folder, resolved.slice("file:".length)), target);
    else if (existsSync(installedHere(path))) symlinkSync(installedHere(path), target);
  }
}

const unpack = (tarball: string, folder: string) =>
  execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", folder]);

const VENDORED = /^node_modules\/((?:berth|port-contract)[^/]*)\/node_modules\//;

/** Dependencies of a vendored package alone are below its workspace here. */
const installedHere = (path: string): string =>
  join(root, path.replace(VENDORED, "packages/$1/node_modules/"));

async function doctor(args: string[] = []) {
  const address = registry.address() as AddressInfo;
  const command = [join(service, "node_modules/berth-dev/bin/berth.js"), "doctor", ...args];
  const child = spawn(process.execPath, command, {
    cwd: service,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: String(port),
      npm_config_registry: `http://127.0.0.1:${address.port}/`,
    },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (chunk: string) => (output[name] += chunk));
  const [code] = (await once(child, "close")) as [number];
  return { code, ...output };
}

/** Changes a file or folder for one run of the doctor, and restores it. */
async function findingsAfter(path: string, change: (path: string) => void): Promise<string[]> {
  const changed = join(service, path);
  const kept = newFolder();
  const isThere = existsSync(changed);
  if (isThere) cpSync(changed, kept, { recursive: true, verbatimSymlinks: true });
  try {
    change(changed);
    const { stdout } = await doctor();
    return stdout.trimEnd().split("\n");
  } finally {
    rmSync(changed, { recursive: true, force: true });
    if (isThere) cpSync(kept, changed, { recursive: true, verbatimSymlinks: true });
  }
}

it("is silent in a new service", async () => {
  expect(await doctor(["--verbose"])).toEqual({ code: 0, stdout: "", stderr: "" });
});

it("reports a second copy of Express", async () => {
  const copy = "node_modules/cookie-shop/node_modules/express";
  const found = await findingsAfter("node_modules/cookie-shop", () =>
    cpSync(join(root, "node_modules/express"), join(service, copy), { recursive: true }),
  );
  expect(found).toEqual([
    expect.stringMatching(
      new RegExp(
        `^error    copies: 2 copies of express are installed, .*5\\.\\d+\\.\\d+ in ${copy}.*, but it works only as a single copy$`,
      ),
    ),
    "         npm dedupe merges them if versions allow it; npm ls express shows which package requires which copy",
  ]);
});

it("reports an edited package of vendor/", async () => {
  const found = await findingsAfter("node_modules/berth/dist/exports/http.js", (file) =>
    appendFileSync(file, "// mine\n"),
  );
  expect(found).toEqual([
    "warning  vendor: node_modules/berth was edited: dist/exports/http.js differs from vendor/berth-0.2.0.tgz, but other machines run the original",
    "         npm ci restores it",
  ]);
});

it("reports a tarball that is not the one of package-lock.json, and a missing one", async () => {
  const change = (file: string) => appendFileSync(file, "more");
  expect(await findingsAfter("vendor/berth-0.2.0.tgz", change)).toEqual([
    "error    vendor: vendor/berth-0.2.0.tgz is not the file that package-lock.json names: npm ci rejects it (EINTEGRITY)",
    "         git checkout -- vendor/berth-0.2.0.tgz: a changed package needs a new version",
  ]);
  expect(await findingsAfter("vendor/berth-0.2.0.tgz", (file) => rmSync(file))).toEqual([
    "error    vendor: vendor/berth-0.2.0.tgz is missing, but package-lock.json installs node_modules/berth from it",
    "         git checkout -- vendor/berth-0.2.0.tgz",
  ]);
});

it("reports other versions than those of package-lock.json", async () => {
  const { version } = manifestIn("node_modules/valibot");
  const found = await findingsAfter("node_modules/valibot", (folder) => {
    rmSync(folder);
    cpSync(join(root, "node_modules/valibot"), folder, { recursive: true });
    const path = join(folder, "package.json");
    writeFileSync(path, readFileSync(path, "utf8").replace(`"${version}"`, '"1.0.1"'));
  });
  expect(found).toEqual([
    `error    packages: installed versions differ from package-lock.json: valibot 1.0.1 instead of ${version}`,
    "         npm ci",
  ]);
});

it("reports a package that is not installed, and checks what it can without it", async () => {
  const found = await findingsAfter("node_modules/pino", (folder) => rmSync(folder));
  expect(found).toEqual(["error    packages: packages are not installed: pino", "         npm ci"]);
});

it("says so where a package is missing without which no command starts", async () => {
  const whole = join(service, "node_modules/port-contract");
  const away = join(service, "node_modules/.away");
  cpSync(whole, away, { recursive: true });
  rmSync(whole, { recursive: true });
  try {
    expect(await doctor()).toEqual({
      code: 1,
      stdout: "",
      stderr: "berth doctor: Cannot find module 'port-contract/args': run npm ci\n",
    });
  } finally {
    cpSync(away, whole, { recursive: true });
    rmSync(away, { recursive: true });
  }
});

it("reports a package.json that is newer than package-lock.json", async () => {
  const found = await findingsAfter("package.json", (file) =>
    writeFileSync(file, readFileSync(file, "utf8").replace('"pino": "^10', '"pino": "^11')),
  );
  expect(found).toEqual([
    expect.stringMatching(
      /^error {4}packages: package-lock\.json is out of date: it does not match package\.json's pino \^11/,
    ),
    "         npm install, and commit package-lock.json",
  ]);
});

it("reports files of another version of the template", async () => {
  const found = await findingsAfter("package.json", (file) =>
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace('"version": "0.2.0"', '"version": "0.1.9"'),
    ),
  );
  expect(found).toEqual([
    "warning  template: package.json records version 0.1.9 of the template, and berth-dev 0.2.0 is installed",
    "         Install the same version, or finish the upgrade to the installed one",
  ]);
});

it("reports known vulnerabilities that the registry tells", async () => {
  const advisory = { id: 1, url: "https://example.test/1", title: "Bad", severity: "high" };
  advisories = { pino: [{ ...advisory, vulnerable_versions: "<99", cwe: [], cvss: {} }] };
  try {
    const { code, stdout } = await doctor();
    expect(stdout).toMatch(
      /^warning {2}advisories: production dependencies have known vulnerabilities: .*pino \(high\).*\n {9}npm audit/,
    );
    expect(code).toBe(0);
  } finally {
    advisories = {};
  }
});

const manifestIn = (folder: string) =>
  JSON.parse(readFileSync(join(service, folder, "package.json"), "utf8")) as { version: string };
