// `npm run remove` and `npm run add`, in services that `npm run init` has written.
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  commit,
  committed,
  filesIn,
  git,
  newFolder,
  packed,
  read,
  root,
  writeService,
} from "../new-service";

beforeAll(packed);

const bin = join(root, "packages/berth-dev/bin/berth.js");

function berth(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** Every file's text; the lock file follows with `npm install`. */
const contents = (folder: string): [string, string][] =>
  filesIn(folder)
    .filter((file) => file !== "package-lock.json" && !file.startsWith("vendor/"))
    .map((file) => [file, read(folder, file)]);

describe("npm run remove and npm run add", () => {
  let whole: string;
  beforeAll(() => {
    whole = committed(writeService("--with", "all"));
  });
  afterEach(() => {
    git(whole, "reset", "-q", "--hard");
    git(whole, "clean", "-qfd");
  });

  it("leaves what init writes without the part, and brings it back", () => {
    const without = writeService("--with", "all", "--without", "grpc,feed");
    const removed = berth(whole, "remove", "grpc", "feed");
    expect([removed.status, removed.stderr]).toEqual([0, ""]);
    expect(removed.stdout).toMatch(/^removed +src\/grpc\.ts$/m);
    expect(removed.stdout).toContain("then run: npm install && npm run check");
    expect(contents(whole)).toEqual(contents(without));

    git(whole, "reset", "-q", "--hard");
    const before = contents(whole);
    committed(without);
    expect(berth(without, "add", "feed", "grpc")).toMatchObject({ status: 0, stderr: "" });
    expect(contents(without)).toEqual(before);
  });

  it("keeps what the owner has added, changed, moved and removed", () => {
    const routes = read(whole, "src/routes.ts");
    writeFileSync(
      join(whole, "src/routes.ts"),
      routes.replace('  app.use("/notes"', '  app.use("/orders", orders);\n\n  app.use("/notes"'),
    );
    appendFileSync(join(whole, "docs/grpc.md"), "\nOurs.\n");
    rmSync(join(whole, "docs/http.md"));
    mkdirSync(join(whole, "src/features/orders"));
    writeFileSync(join(whole, "src/features/orders/router.ts"), "export const orders = 1;\n");
    commit(whole);
    const { status, stdout } = berth(whole, "remove", "grpc", "limits");
    expect(status).toBe(0);
    expect(read(whole, "src/routes.ts")).toContain('app.use("/orders", orders);');
    expect(read(whole, "src/routes.ts")).not.toContain("rateLimit");
    expect(stdout).toMatch(/^kept +docs\/grpc\.md\n +you have changed it/m);
    expect(read(whole, "docs/grpc.md")).toMatch(/\nOurs\.\n$/);
    expect(stdout).toMatch(/^skipped +docs\/http\.md$/m);
    expect(existsSync(join(whole, "docs/http.md"))).toBe(false);
    expect(existsSync(join(whole, "src/features/orders/router.ts"))).toBe(true);
    git(whole, "reset", "-q", "--hard", "HEAD^");
  });

  it("leaves git's conflict markers where both have changed the same lines, and exits with 1", () => {
    const routes = read(whole, "src/routes.ts");
    writeFileSync(
      join(whole, "src/routes.ts"),
      routes.replace("perMinute, redis", "perMinute: 5, redis"),
    );
    const manifest = JSON.parse(read(whole, "package.json")) as { scripts: object };
    manifest.scripts = { ...manifest.scripts, fuzz: "mine" };
    writeFileSync(join(whole, "package.json"), JSON.stringify(manifest, undefined, 2));
    commit(whole);
    const { status, stdout } = berth(whole, "remove", "limits", "docs");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^conflict src\/routes\.ts\n +resolve the conflict markers$/m);
    expect(read(whole, "src/routes.ts")).toContain("<<<<<<< yours");
    expect(stdout).toContain("scripts.fuzz stays as you have it; the template no longer has it");
    expect(read(whole, "package.json")).toContain('"fuzz": "mine"');
    git(whole, "reset", "-q", "--hard", "HEAD^");
  });

  it("writes variables again where the owner has added some", () => {
    const documentVariables = () => {
      const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: whole });
      node("--require", "ts-node/register", "scripts/document-config.ts");
      node(join(root, "node_modules/prettier/bin/prettier.cjs"), "--write", "docs");
    };
    const config = read(whole, "src/config.ts");
    const added = config.replace(
      /^ *\/\/ GREETING.*$/m,
      `  GREETING: { ...processVariables.LOG_LEVEL, about: "A text that makes the column wider: ${"x".repeat(200)}." },`,
    );
    writeFileSync(join(whole, "src/config.ts"), added);
    documentVariables();
    appendFileSync(join(whole, "docs/configuration.md"), "\nOurs.\n");
    commit(whole);
    const { status, stdout } = berth(whole, "remove", "limits");
    expect(stdout).toMatch(/^changed +\.env\.example$/m);
    expect(status).toBe(0);
    for (const file of [".env.example", "docs/configuration.md"]) {
      expect(read(whole, file)).toMatch(/GREETING[^]*AUTH_ISSUER|AUTH_ISSUER[^]*GREETING/);
      expect(read(whole, file)).not.toContain("REDIS_URL");
    }
    expect(read(whole, "docs/configuration.md")).toMatch(/\nOurs\.\n$/);
    git(whole, "reset", "-q", "--hard", "HEAD^");
  });

  it("only prints the changes with --dry-run", () => {
    const { status, stdout } = berth(whole, "remove", "--dry-run", "docs");
    expect([status, git(whole, "status", "--porcelain")]).toEqual([0, ""]);
    expect(stdout).toMatch(/^removed +test\/api\.test\.ts$/m);
    expect(stdout).not.toContain("npm install");
  });

  describe("changes nothing and says why", () => {
    it.each([
      ["for no part", ["remove"], "expected a PART: one of sample, docs"],
      ["for an unknown part", ["remove", "http"], '"http" is not a part: expected one of sample'],
      ["for a part that is there", ["add", "docs"], "the service already has the part docs"],
      ["for a part that another one needs", ["remove", "sample"], "feed needs sample"],
      ["for an unknown option", ["remove", "--force", "docs"], "Unknown option '--force'"],
    ])("%s", (_what, args, message) => {
      const { status, stderr } = berth(whole, ...args);
      expect(status).toBe(2);
      expect(stderr).toContain(`${args[0]}: ${message}`);
      expect(git(whole, "status", "--porcelain")).toBe("");
    });

    it("for uncommitted changes", () => {
      appendFileSync(join(whole, "README.md"), "x");
      expect(berth(whole, "remove", "docs").stderr).toBe(
        "remove: there are uncommitted changes, such as README.md: commit them first\n",
      );
    });

    it("for another version of the template", () => {
      const text = read(whole, "package.json");
      writeFileSync(
        join(whole, "package.json"),
        text.replace('"version": "0.2.0"', '"version": "0.1.9"'),
      );
      commit(whole);
      expect(berth(whole, "remove", "docs").stderr).toContain(
        '"berth" in package.json records version 0.1.9 of the template, but the installed berth-dev is 0.2.0',
      );
      git(whole, "reset", "-q", "--hard", "HEAD^");
    });

    it("for a folder without git, and in a clone of Berth", () => {
      const folder = newFolder();
      mkdirSync(folder);
      expect(berth(folder, "remove", "docs").stderr).toContain("package.json is missing");
      writeFileSync(join(folder, "package.json"), read(whole, "package.json"));
      expect(berth(folder, "remove", "docs").stderr).toContain("is not a git repository");
      expect(berth(root, "remove", "docs").stderr).toContain("npm run init -- NAME --without PART");
    });
  });
});
