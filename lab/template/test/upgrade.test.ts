// `npm run upgrade` and `npm run eject`, in a service that its owner has changed, across three invented versions.
import { spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { PACKAGE_NAMES } from "berth-dev/scaffold";
import {
  commit,
  committed,
  filesIn,
  git,
  newFolder,
  packed,
  read,
  root,
  tarballs,
  writeService,
} from "../new-service";
import { inventReleases } from "../releases";

/** Of tests that wait for a command, on a busy machine. */
const TIMEOUT_MS = 600_000;

const bin = join(root, "packages/berth-dev/bin/berth.js");
const releases = newFolder();

function berth(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

const upgrade = (folder: string, ...args: string[]) =>
  berth(folder, ["upgrade", "--no-install", ...args]);

/** As `upgrade`, while this process serves. */
async function upgradeFrom(
  listener: RequestListener,
  folder: string,
  args: (url: string) => string[],
) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const env = { ...process.env, npm_config_registry: url, npm_config_cache: newFolder() };
  try {
    const child = spawn(process.execPath, [bin, "upgrade", ...args(url)], { cwd: folder, env });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text: Buffer) => output.push(text.toString()));
    const status = await new Promise((resolve) => child.once("close", resolve));
    return { status, output: output.join("") };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const edit = (folder: string, file: string, from: string, to: string): void => {
  const text = read(folder, file);
  expect([file, text]).toEqual([file, expect.stringContaining(from)]);
  writeFileSync(
    join(folder, file),
    text.replace(from, () => to),
  );
};

const status = (folder: string): string => git(folder, "status", "--porcelain");

function expectAsBefore(folder: string): void {
  expect(status(folder)).toBe("");
}

/** What an owner has done: a feature, a route in app.ts, a variable, a removed part, a renamed folder. */
function live(folder: string): void {
  mkdirSync(join(folder, "src/features/orders"));
  writeFileSync(
    join(folder, "src/features/orders/router.ts"),
    'import { Problem } from "berth/http";\n\nexport const refuse = (): never => {\n  throw new Problem(404, "No order.");\n};\n',
  );
  edit(
    folder,
    "src/app.ts",
    '  app.get("/livez", livez);\n',
    '  app.get("/livez", livez);\n  app.get("/alive", livez);\n',
  );
  edit(
    folder,
    "src/config.ts",
    "  // GREETING",
    '  COLOUR: variable({ schema: nonEmpty(), default: "blue", about: "Our colour." }),\n  // GREETING',
  );
  edit(folder, "src/config.ts", "  httpVariables,\n", "  httpVariables,\n  nonEmpty,\n");
  edit(folder, "src/config.ts", "  serviceUrl,\n", "  serviceUrl,\n  variable,\n");
  edit(folder, "package.json", '"scripts": {', '"scripts": {\n    "own": "true",');
  for (const path of ["src/features/feed", "test/features/feed", "src/feed.ts"])
    rmSync(join(folder, path), { recursive: true });
  renameSync(join(folder, "src/features/notes"), join(folder, "src/features/jottings"));
  edit(folder, "src/routes.ts", "./features/notes/router", "./features/jottings/router");
  commit(folder);
}

let service: string;

/** As in a service whose packages come from a registry. */
function nameVersions(): void {
  for (const name of PACKAGE_NAMES)
    edit(service, "package.json", `"file:vendor/${name}-0.2.0.tgz"`, '"^0.2.0"');
}

beforeAll(() => {
  packed();
  inventReleases(tarballs, "0.2.0", releases);
  service = committed(writeService("--with", "all"));
  live(service);
});

describe("npm run upgrade", () => {
  afterEach(() => {
    // What the command says; it must leave nothing.
    git(service, "reset", "-q", "--hard");
    expectAsBefore(service);
  });

  it("merges three versions at once, with their codemods, into what the owner has made of the service", () => {
    const { status: code, stdout, stderr } = upgrade(service, releases);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("## 0.3.0\n\n- `Problem` is `HttpProblem`.");
    expect(stdout).toContain("codemod  Problem of berth/http is HttpProblem");
    expect(stdout).toContain("`git reset --hard && npm install` undoes it.");
    expect(read(service, "src/features/orders/router.ts")).toContain(
      'throw new HttpProblem(404, "No order.")',
    );

    const app = read(service, "src/app.ts");
    expect([app.includes('"/alive"'), app.includes("// What features there are.")]).toEqual([
      true,
      true,
    ]);
    expect(stdout).toMatch(/^skipped +src\/features\/feed\/xml\.ts\n +you have removed it$/m);
    expect(existsSync(join(service, "src/features/feed"))).toBe(false);
    expect(read(service, "src/features/jottings/store.ts")).toContain("export const TABLE");
    expect(read(service, "src/features/jottings/limits.ts")).toContain("export const PAGE");
    expect(existsSync(join(service, "src/features/notes"))).toBe(false);
    expect(stdout).toMatch(/^moved +test\/support\/env\.ts to test\/support\/environment\.ts$/m);
    expect(read(service, ".env.example")).toMatch(/# MOTTO=Ahoy[^]*# COLOUR=blue/);
    expect(read(service, "docs/configuration.md")).toMatch(/`MOTTO`[^]*`COLOUR`/);

    expect(JSON.parse(read(service, "package.json"))).toMatchObject({
      scripts: { own: "true" },
      dependencies: { berth: "file:vendor/berth-1.0.0.tgz", pino: "~10.4.0" },
      berth: { version: "1.0.0" },
    });
    const vendored = readdirSync(releases).filter((file) => file.endsWith("-1.0.0.tgz"));
    expect(readdirSync(join(service, "vendor"))).toEqual(vendored);
    const lock = JSON.parse(read(service, "package-lock.json")) as {
      packages: Record<string, { version?: string; integrity?: string }>;
    };
    expect(lock.packages["node_modules/berth"]).toMatchObject({
      version: "1.0.0",
      integrity: expect.stringContaining("sha512-") as string,
    });
    expect(
      status(service)
        .split("\n")
        .filter((line) => /^.[^ ]/.test(line)),
    ).toEqual([]);
  });

  it("leaves what both have changed as a conflict of git, and exits with 1", () => {
    edit(service, "src/app.ts", "  mountRoutes(app);\n", "  mountRoutes(app); // ours\n");
    commit(service);
    const { status: code, stdout } = upgrade(service, releases);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^conflict src\/app\.ts\n +resolve the conflict markers$/m);
    expect(read(service, "src/app.ts")).toMatch(
      /<<<<<<< yours\n.*\/\/ ours\n\|{7}[^]*=======\n[^]*>>>>>>> template/,
    );
    expect(git(service, "diff", "--name-only", "--diff-filter=U")).toBe("src/app.ts\n");
    git(service, "reset", "-q", "--hard");
    expectAsBefore(service);
    git(service, "reset", "-q", "--hard", "HEAD^");
  });

  it("tells CI with --check, and only prints with --dry-run and --diff", () => {
    const newer = upgrade(service, "--check", releases);
    expect([newer.status, newer.stdout]).toEqual([
      1,
      "Berth 1.0.0 is newer than the service's 0.2.0: npm run upgrade\n",
    ]);
    const same = upgrade(service, "--check", tarballs);
    expect([same.status, same.stdout]).toEqual([
      0,
      "The service has Berth 0.2.0; the newest version is 0.2.0.\n",
    ]);
    // Of a command that was killed: no process has such a number.
    const abandoned = join(service, "node_modules/.cache/berth/scaffold-99999999");
    mkdirSync(abandoned, { recursive: true });
    const planned = upgrade(service, "--dry-run", releases);
    expect(existsSync(abandoned)).toBe(false);
    expect([planned.status, planned.stdout]).toEqual([
      0,
      expect.stringMatching(/^changed +src\/app\.ts$/m),
    ]);
    const diff = upgrade(service, "--diff", releases);
    expect([diff.status, diff.stdout]).toEqual([
      0,
      expect.stringContaining("+export { Problem as HttpProblem"),
    ]);
    expectAsBefore(service);
  });

  it(
    "upgrades from an address that lists tarballs",
    async () => {
      const folder: RequestListener = (req, res) => {
        const file = join(releases, basename(req.url ?? ""));
        if (req.url === "/")
          res.end(
            readdirSync(releases)
              .map((name) => `<a href="${name}">`)
              .join(),
          );
        else if (existsSync(file)) res.end(readFileSync(file));
        else res.writeHead(404).end();
      };
      const { status: code, output } = await upgradeFrom(folder, service, (url) => [
        "--no-install",
        url,
      ]);
      expect([code, output]).toEqual([0, expect.stringMatching(/^changed +src\/app\.ts$/m)]);
    },
    TIMEOUT_MS,
  );

  it(
    "upgrades a service whose packages come from npm's registry to a version of it",
    async () => {
      nameVersions();
      rmSync(join(service, "vendor"), { recursive: true });
      rmSync(join(service, "package-lock.json"));
      commit(service);
      const registry: RequestListener = (req, res) => {
        const name = basename(req.url ?? "");
        if (name.endsWith(".tgz")) return void res.end(readFileSync(join(releases, name)));
        const versions = Object.fromEntries(
          ["0.3.0", "0.4.0", "1.0.0"].map((version) => {
            const tarball = `http://${req.headers.host}/${name}-${version}.tgz`;
            return [version, { name, version, dist: { tarball } }];
          }),
        );
        res.setHeader("Content-Type", "application/json");
        res.end(JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, versions }));
      };
      const { status: code, output } = await upgradeFrom(registry, service, () => ["0.4.0"]);
      expect([code, output]).toEqual([0, expect.stringMatching(/^changed +src\/app\.ts$/m)]);
      expect(JSON.parse(read(service, "package.json"))).toMatchObject({
        dependencies: { berth: "^0.4.0" },
        devDependencies: { "berth-dev": "^0.4.0" },
        berth: { version: "0.4.0" },
      });
      git(service, "reset", "-q", "--hard");
      const newest = await upgradeFrom(registry, service, () => ["--check"]);
      expect([newest.status, newest.output]).toEqual([
        1,
        expect.stringContaining("Berth 1.0.0 is newer"),
      ]);
      git(service, "reset", "-q", "--hard", "HEAD^");
    },
    TIMEOUT_MS,
  );

  it("can be undone after a kill in between, and says so", () => {
    const hook = `${newFolder()}.js`;
    writeFileSync(
      hook,
      `const of = require("node:child_process");
      const { spawnSync } = of;
      let updates = 0;
      of.spawnSync = (program, args, ...rest) => {
        if (args.includes("-u") && ++updates === 1) process.kill(process.pid, "SIGKILL");
        return spawnSync(program, args, ...rest);
      };`,
    );
    const killed = berth(service, ["upgrade", "--no-install", releases], {
      NODE_OPTIONS: `--require ${hook}`,
    });
    expect([killed.status, killed.stderr]).toEqual([
      1,
      "The upgrade was interrupted: `git reset --hard` restores the service.\n",
    ]);
    expect(status(service)).not.toBe("");
    expect(upgrade(service, releases).stderr).toEqual(
      expect.stringContaining(
        "an interrupted change has left them, and `git reset --hard` restores",
      ) as string,
    );
  });

  describe("changes nothing and exits with one line", () => {
    const NOWHERE = { npm_config_registry: "http://127.0.0.1:1/", npm_config_fetch_retries: "0" };
    /** A folder with the tarballs of 1.0.0, some of them changed. */
    function folderWith(change: (folder: string) => void): string {
      const folder = newFolder();
      mkdirSync(folder);
      for (const file of readdirSync(releases).filter((each) => each.endsWith("-1.0.0.tgz")))
        copyFileSync(join(releases, file), join(folder, file));
      change(folder);
      return folder;
    }
    const refusal = (args: string[], env = {}): string => {
      const { status: code, stdout, stderr } = berth(service, ["upgrade", ...args], env);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^upgrade: [^\n]+\n$/);
      expectAsBefore(service);
      return stderr;
    };

    it.each([
      ["a path that does not exist", () => ["/nowhere"], "/nowhere does not exist: name a clone"],
      ["a folder without tarballs", () => [join(root, "docs")], "has no berth-dev-VERSION.tgz"],
      ["the same version", () => [tarballs], "already has version 0.2.0"],
      ["vendored packages without a source", () => [], "tarballs in vendor/, not from a registry"],
      ["two sources", () => ["a", "b"], "expected at most one"],
      [
        "an address without a server",
        () => ["http://127.0.0.1:1/"],
        "http://127.0.0.1:1/ cannot be read",
      ],
      [
        "an older version",
        () => {
          const folder = newFolder();
          mkdirSync(folder);
          writeFileSync(join(folder, "berth-dev-0.1.0.tgz"), "");
          return [folder];
        },
        "version 0.1.0 is older than the service's 0.2.0",
      ],
      [
        "a truncated tarball",
        () => [
          folderWith((folder) => {
            const file = join(folder, "berth-1.0.0.tgz");
            writeFileSync(file, readFileSync(file).subarray(0, 9999));
          }),
        ],
        "cannot be unpacked",
      ],
      [
        "another package's tarball",
        () => [
          folderWith((folder) => {
            renameSync(join(folder, "berth-grpc-1.0.0.tgz"), join(folder, "berth-1.0.0.tgz"));
          }),
        ],
        "has berth-grpc 1.0.0, not berth 1.0.0",
      ],
      [
        "a missing tarball",
        () => [folderWith((folder) => rmSync(join(folder, "port-contract-1.0.0.tgz")))],
        "port-contract-1.0.0.tgz is missing",
      ],
    ])("for %s", (_what, args, message) => {
      expect(refusal(args())).toContain(message);
    });

    it("when npm cannot lock the dependencies", () => {
      const folder = folderWith((to) => {
        const work = newFolder();
        mkdirSync(work);
        const tar = (...args: string[]) => spawnSync("tar", [...args, "package"], { cwd: work });
        tar("-xzf", join(to, "berth-1.0.0.tgz"));
        edit(
          work,
          "package/package.json",
          '"dependencies": {',
          '"dependencies": {\n    "nowhere-to-be-found": "^1.0.0",',
        );
        tar("-czf", join(to, "berth-1.0.0.tgz"));
      });
      const { status: code, stderr } = berth(service, ["upgrade", folder], {
        ...NOWHERE,
        npm_config_cache: newFolder(),
      });
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining("upgrade: npm cannot lock the dependencies: check the network"),
      ]);
      expectAsBefore(service);
    });

    it("when the record or the working tree is not right", () => {
      edit(service, "package.json", '"version": "0.2.0"', '"version": "0.1.9"');
      commit(service);
      expect(refusal([releases])).toContain("records version 0.1.9 of the template");
      git(service, "reset", "-q", "--hard", "HEAD^");

      writeFileSync(join(service, "new.txt"), "");
      const dirty = upgrade(service, releases);
      expect([dirty.status, dirty.stderr]).toEqual([
        2,
        "upgrade: there are uncommitted changes, such as new.txt: commit them first\n",
      ]);
      rmSync(join(service, "new.txt"));

      renameSync(join(service, ".git"), join(service, ".hidden"));
      expect(upgrade(service, releases).stderr).toContain(
        "is not a git repository, so the change could not be undone: run",
      );
      renameSync(join(service, ".hidden"), join(service, ".git"));
    });

    it("when the registry is away", () => {
      nameVersions();
      commit(service);
      expect(refusal([], NOWHERE)).toContain("npm view failed");
      git(service, "reset", "-q", "--hard", "HEAD^");
    });
  });
});

describe("npm run eject", () => {
  let whole: string;
  beforeAll(() => {
    whole = committed(writeService());
  });

  it("makes a package a folder, which an upgrade merges from then on", () => {
    const ejected = berth(whole, ["eject", "--no-install", "port-contract"]);
    expect([ejected.status, ejected.stderr]).toEqual([0, ""]);
    expect(JSON.parse(read(whole, "package.json"))).toMatchObject({
      scripts: { prepare: "node packages/build.js" },
      devDependencies: { "port-contract": "file:packages/port-contract" },
      berth: { ejected: ["port-contract"] },
    });
    expect(JSON.parse(read(whole, "package-lock.json"))).toMatchObject({
      packages: {
        "node_modules/port-contract": { resolved: "packages/port-contract", link: true },
      },
    });
    expect(
      filesIn(join(whole, "packages/port-contract")).filter((file) => !file.startsWith("src/")),
    ).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "bin/port-contract.js",
      "clauses.md",
      "package.json",
      "tsconfig.build.json",
    ]);
    expect(read(whole, "Dockerfile")).toMatch(
      /COPY vendor vendor\nCOPY packages packages\nRUN npm ci/,
    );
    expect(read(whole, ".dockerignore")).toMatch(/^!packages$/m);
    for (const command of [
      ["typescript/bin/tsc", "--noEmit"],
      ["eslint/bin/eslint.js", "."],
      ["prettier/bin/prettier.cjs", "--check", "."],
    ]) {
      const [file = "", ...args] = command;
      const {
        status: code,
        stdout,
        stderr,
      } = spawnSync(process.execPath, [join(root, "node_modules", file), ...args], {
        cwd: whole,
        encoding: "utf8",
      });
      expect([file, code, stdout + stderr]).toEqual([file, 0, expect.any(String)]);
    }
    commit(whole);
    expect(spawnSync(process.execPath, ["packages/build.js"], { cwd: whole }).status).toBe(0);
    expect(existsSync(join(whole, "packages/port-contract/dist/args.js"))).toBe(true);
    expectAsBefore(whole);

    edit(
      whole,
      "packages/port-contract/src/args.ts",
      "must be a whole number",
      "must be a whole and patched number",
    );
    commit(whole);
    const upgraded = upgrade(whole, releases);
    expect([upgraded.status, upgraded.stderr]).toEqual([0, ""]);
    expect(read(whole, "packages/port-contract/src/args.ts")).toContain("patched");
    expect(read(whole, "packages/port-contract/package.json")).toContain('"version": "1.0.0"');
    expect(upgraded.stdout).not.toMatch(/^conflict/m);
  });

  it.each([
    [
      ["http"],
      "expected one PACKAGE of berth, berth-grpc, berth-telemetry, berth-dev, port-contract",
    ],
    [[], "expected one PACKAGE"],
  ])("refuses %j", (args, message) => {
    const { status: code, stderr } = berth(whole, ["eject", ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`eject: ${message}`)]);
  });
});
