// `npm run publish:local -w lab`: tries the release on a registry of this machine's own, and a service that is made from it.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCommandLine, UsageError } from "port-contract/args";
import { reapOnExit } from "port-contract/harness";
import { packages } from "../packages/packages";
import { compareServices } from "./compare";
import { type LocalRegistry, startLocalRegistry } from "./local-registry";
import {
  publishedLine,
  publishPackages,
  type PublishOptions,
  type Staged,
  stagePackages,
} from "./publish";

const HELP = `Publishes the packages to a registry on a free loopback port, creates a service from it, and checks that.
Installs the registry, verdaccio, into a cache on first use. Exits with 1 if anything is wrong.

npm run publish:local -w lab
  --keep  leaves the service and the registry's files, and prints where they are
  --help  print this
`;

const ROOT = join(__dirname, "../..");
/** Who publishes: no such repository has to exist. */
const REPOSITORY = "example/berth";

const wrong: string[] = [];

async function step(name: string, work: () => unknown): Promise<void> {
  const start = performance.now();
  console.log(`── ${name}`);
  try {
    await work();
  } catch (err) {
    wrong.push(`${name}: ${(err as Error).message}`);
    console.log(`   WRONG: ${(err as Error).message}`);
  }
  console.log(`   ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** Runs a program to its end. @throws Error with its output when it fails. */
function run(cwd: string, env: NodeJS.ProcessEnv, program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} exits with ${status}\n${stdout}${stderr}`);
}

/** @throws Error unless the call throws a UsageError with this text. */
function refuses(text: string, call: () => unknown): void {
  try {
    call();
  } catch (err) {
    if (err instanceof UsageError && err.message.includes(text))
      return console.log(`   ${err.message}`);
    throw err;
  }
  throw new Error(`it was not refused, as ${text}`);
}

async function main(): Promise<void> {
  const { values } = parseCommandLine(process.argv.slice(2), {
    help: { type: "boolean" },
    keep: { type: "boolean" },
  });
  if (values.help) return console.log(HELP);
  reapOnExit();
  const folder = mkdtempSync(join(tmpdir(), "registry-"));
  const registry = await startLocalRegistry(join(folder, "registry"));
  try {
    await tryRelease(registry, folder);
    await tryService(registry, folder);
  } finally {
    await registry.stop();
    if (values.keep) console.log(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
  if (wrong.length > 0) process.exitCode = 1;
  console.log(wrong.length > 0 ? `WRONG: ${wrong.length} of the steps above` : "nothing is wrong");
}

async function tryRelease({ env }: LocalRegistry, folder: string): Promise<void> {
  // Provenance is GitHub's statement, which only its workflows get.
  const options: PublishOptions = { args: ["--no-provenance"], env, repository: REPOSITORY };
  let staged: Staged[] = [];
  await step("npm pack", () => {
    staged = stagePackages(join(folder, "staged"), REPOSITORY);
  });
  await step("npm publish refuses another tag than the version's", () =>
    refuses("the tag is v9.0.0", () => publishPackages(staged, { ...options, tag: "v9.0.0" })),
  );
  await step("npm publish", () => {
    for (const one of publishPackages(staged, options)) {
      console.log(`   ${publishedLine(one)}`);
      if (!one.isNew) throw new Error("the registry had it before");
    }
  });
  await step("npm publish again leaves out what is there", () => {
    const again = publishPackages(staged, options).filter(({ isNew }) => isNew);
    if (again.length > 0)
      throw new Error(`published again: ${again.map(({ name }) => name).join()}`);
  });
  await step("npm publish refuses a name that belongs to another repository", () =>
    refuses("another package with the name port-contract", () =>
      publishPackages(staged, { ...options, repository: "example/other" }),
    ),
  );
  await step("npm publish refuses other content under the same version", () => {
    const changed = stagePackages(join(folder, "changed"), "example/other", packages.slice(0, 1));
    refuses("other content", () =>
      publishPackages(changed, { ...options, repository: REPOSITORY }),
    );
  });
}

async function tryService({ env, stop }: LocalRegistry, folder: string): Promise<void> {
  const user = join(folder, "user");
  mkdirSync(user);
  const shop = join(user, "shop");
  const create = (...args: string[]) =>
    run(user, env, "npm", "create", "--yes", "berth@latest", ...args);
  await step("npm create berth@latest shop -- --with grpc", () => {
    console.log(`   ${create("shop", "--", "--with", "grpc").trim().split("\n").at(-1)}`);
  });
  await step("npm run init -- shop --with grpc, and the difference", () => {
    const init = join(folder, "init");
    run(ROOT, env, "npm", "run", "init", "--", "shop", "--with", "grpc", "--to", init);
    for (const line of compareServices(init, shop)) console.log(`   ${line}`);
  });
  await step("the GitHub Action, on that registry", () => {
    const action = join(ROOT, "packages/port-contract");
    const inputs = { COMMAND: `exec ${process.execPath} server.js`, PLATFORM: "anywhere" };
    writeFileSync(
      join(user, "server.js"),
      'require("node:http").createServer((_req, res) => res.end()).listen(process.env.PORT);',
    );
    const more = { OPTIONS: "--only=B1,B2\n--jobs=2", JUNIT: "report.xml" };
    const given = { ...env, ...inputs, ...more, GITHUB_ACTION_PATH: action };
    const output = run(user, given, "bash", join(action, "action.sh"));
    console.log(`   ${output.trim().split("\n").at(-1)}`);
    if (!readFileSync(join(user, "report.xml"), "utf8").includes('tests="2" failures="0"'))
      throw new Error("report.xml is missing the two clauses");
    for (const file of ["server.js", "report.xml"]) rmSync(join(user, file));
  });
  for (const args of [["ci"], ["run", "typecheck"], ["test"]])
    await step(`npm ${args.join(" ")}`, () => run(shop, env, "npm", ...args));
  await step("npm run remove -- grpc, npm run add -- grpc: as before", () => {
    const git = (...args: string[]) =>
      run(shop, env, "git", "-c", "user.name=t", "-c", "user.email=t@example.test", ...args);
    git("init", "-q");
    const commit = () => (git("add", "-A"), git("commit", "-qm", "Mine"));
    commit();
    const npm = (...args: string[]) => run(shop, env, "npm", ...args);
    npm("run", "remove", "--", "grpc");
    npm("install");
    if (existsSync(join(shop, "node_modules/berth-grpc")))
      throw new Error("berth-grpc is still there");
    commit();
    const said = npm("run", "add", "--", "grpc");
    if (!said.includes("npm install && npm run docs && npm run check")) throw new Error(said);
    npm("install");
    npm("run", "docs");
    git("add", "-A");
    // The template's lock file has no registry URLs; npm adds them to new entries.
    const diff = git("diff", "--cached", "--ignore-matching-lines", '^ *"resolved": ', "HEAD^");
    if (diff !== "") throw new Error(diff);
  });
  await step("npm create refuses what init refuses", () => {
    for (const [args, text] of [
      [["shop"], "exists and is not an empty folder"],
      [["My Shop"], "expected one NAME"],
      [["express"], "is the name of a package"],
      [["store", "--", "--with", "soap"], 'got "soap"'],
    ] as const) {
      console.log(`   ${refusal(text, () => create(...args))}`);
    }
    if (readdirSync(user).join() !== "shop") throw new Error(readdirSync(user).join());
  });
  await step("create-berth without a registry leaves nothing", async () => {
    await stop();
    const [hash = ""] = readdirSync(join(folder, "registry/cache/_npx"));
    const bin = join(folder, "registry/cache/_npx", hash, "node_modules/.bin/create-berth");
    const emptyCache = {
      ...env,
      npm_config_cache: join(folder, "empty-cache"),
      npm_config_fetch_retries: "0",
    };
    console.log(`   ${refusal("ECONNREFUSED", () => run(user, emptyCache, bin, "store"))}`);
    if (readdirSync(user).join() !== "shop") throw new Error(readdirSync(user).join());
  });
}

/** The line with which create-berth ends. @throws Error unless it has this text. */
function refusal(text: string, call: () => unknown): string {
  try {
    call();
  } catch (err) {
    const line = /^create-berth: .*/m.exec((err as Error).message)?.[0];
    if (line?.includes(text)) return line;
    throw err;
  }
  throw new Error(`it was not refused, as ${text}`);
}

main().catch((err: unknown) => {
  console.error(err instanceof UsageError ? err.message : err);
  process.exitCode = 1;
});
