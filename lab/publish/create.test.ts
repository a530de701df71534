// The parts of `npm create berth` that need no registry; `npm run publish:local` tests the rest.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packTemplate } from "berth-dev/scaffold";
import { freePort } from "port-contract/ports";
import { git, newFolder, root } from "../template/new-service";
import { compareServices } from "./compare";

const bin = join(root, "packages/create-berth/bin/create-berth.js");

beforeAll(() => packTemplate(root));

function create(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { INIT_CWD: _unset, ...around } = process.env;
  return spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...around, ...env },
  });
}

describe("create-berth changes nothing and exits with one line", () => {
  let folder: string;
  beforeAll(() => {
    folder = newFolder();
    mkdirSync(join(folder, "full"), { recursive: true });
    writeFileSync(join(folder, "full/mine.txt"), "mine");
  });
  afterEach(() =>
    expect(readdirSync(folder, { recursive: true })).toEqual(["full", "full/mine.txt"]),
  );

  it.each([
    ["no name", [], "expected one NAME"],
    ["a bad name", ["My Shop"], "expected one NAME"],
    ["a dependency's name", ["express"], '"express" is the name of a package or module'],
    ["its own name", ["create-berth"], '"create-berth" is the name of a package'],
    ["an unknown part", ["shop", "--with", "soap"], 'or all; got "soap"'],
    ["an unknown option", ["shop", "--force"], "Unknown option '--force'"],
    ["a folder that is not empty", ["full"], "full exists and is not an empty folder"],
    ["a file", ["shop", "--to", "full/mine.txt"], "exists and is not an empty folder"],
  ])("for %s", (_what, args, message) => {
    const { status, stdout, stderr } = create(folder, args);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^create-berth: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  it("without a registry", async () => {
    const { status, stdout, stderr } = create(folder, ["shop"], {
      npm_config_registry: `http://127.0.0.1:${await freePort()}/`,
      npm_config_fetch_retries: "0",
      npm_config_cache: newFolder(),
    });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^create-berth: npm cannot lock the dependencies \(npm error code ECONNREFUSED\); nothing has been changed\n$/,
    );
  });
});

it("prints its usage with --help", () => {
  const { status, stdout } = create(root, ["--help"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^npm create berth@latest NAME \[--to FOLDER\]/);
});

/** A service as it is rendered, without a licence and a lock file. */
function render(isVendored: boolean, parts: readonly string[]): string {
  const folder = newFolder();
  mkdirSync(folder);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const options = { name: "shop", description: "The shop", parts, isVendored };
  const program = `const { documentVariables, packageVersions, renderService } = require("berth-dev/scaffold");
    const folder = ${JSON.stringify(folder)};
    renderService(".", folder, ${JSON.stringify(options)}, packageVersions("."))
      .then(() => documentVariables(".", folder));`;
  execFileSync(process.execPath, ["-e", program], { cwd: root });
  return folder;
}

describe("a service from the registry", () => {
  it("has versions where one of init has tarballs, and no other difference", () => {
    const parts = ["sample", "docs", "grpc"];
    const differences = compareServices(render(true, parts), render(false, parts));
    expect(differences.filter((line) => line.startsWith("package.json: +"))).toEqual([
      'package.json: +    "berth": "0.2.0",',
      'package.json: +    "berth-grpc": "0.2.0",',
      'package.json: +    "berth-dev": "0.2.0",',
      'package.json: +    "port-contract": "0.2.0",',
    ]);
  });

  it("gets the packages of a part from there, too", () => {
    const folder = render(false, ["sample"]);
    git(folder, "init", "-q");
    writeFileSync(join(folder, ".git/info/exclude"), "node_modules\n");
    git(folder, "add", "-A");
    git(folder, "commit", "-qm", "Mine");
    const berth = join(root, "packages/berth-dev/bin/berth.js");
    execFileSync(process.execPath, [berth, "add", "grpc"], { cwd: folder });
    const added = render(false, ["sample", "grpc"]);
    expect(compareServices(added, folder)).toEqual([]);
    expect(readFileSync(join(folder, "package.json"), "utf8")).toContain('"berth-grpc": "0.2.0"');
  });
});
