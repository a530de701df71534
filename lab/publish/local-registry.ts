// Starts a registry of this machine's own, which passes on what it does not have.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Run, startRun } from "port-contract/harness";
import { freePort } from "port-contract/ports";
import { packages } from "../packages/packages";
import { installOnce } from "../recipes/published";

/** The newest version for Node 20. */
const VERDACCIO = "verdaccio@6.8.0";
const CACHE = join(__dirname, "../../node_modules/.cache/verdaccio");
const LIMIT_MS = 60_000;

/** A running registry. */
export interface LocalRegistry {
  /** The environment with which npm uses it, with a configuration and a cache of its own. */
  env: NodeJS.ProcessEnv;
  stop: Run["reap"];
}

/** Starts the registry. @param folder Where it stores packages, and where npm's configuration and cache are. */
export async function startLocalRegistry(folder: string): Promise<LocalRegistry> {
  // It asks for node-fetch by a tag, which some mirrors do not have.
  const program = installOnce(CACHE, [VERDACCIO], { "node-fetch": "^2.7.0" }).resolve(
    "verdaccio/bin/verdaccio",
  );
  const port = String(await freePort());
  const own: Record<string, object> = Object.fromEntries(
    packages.map(({ manifest: { name } }) => [name, { access: "$all", publish: "$authenticated" }]),
  );
  const config = {
    storage: join(folder, "storage"),
    auth: { htpasswd: { file: join(folder, "htpasswd"), max_users: 1 } },
    uplinks: { npm: { url: npmConfig("registry"), cache: true } },
    packages: { ...own, "**": { access: "$all", proxy: "npm" } },
    log: { type: "stdout", format: "json", level: "warn" },
  };
  mkdirSync(folder, { recursive: true });
  // YAML contains JSON.
  writeFileSync(join(folder, "config.yaml"), JSON.stringify(config, undefined, 2));
  const run = startRun(
    [process.execPath, program, "--config", "config.yaml", "--listen", `127.0.0.1:${port}`],
    { port, cwd: folder },
  );
  const url = `http://127.0.0.1:${port}/`;
  await responds(url, run);
  const npmrc = join(folder, "npmrc");
  writeFileSync(
    npmrc,
    `registry=${url}\n//127.0.0.1:${port}/:_authToken=${await tokenFrom(url)}\n`,
  );
  const cache = join(folder, "cache");
  shareContent(cache);
  return { env: npmEnvironment(npmrc, cache), stop: () => run.reap() };
}

/** Tarballs that npm has in the user's cache, where they are named by their hash, need not come through the registry. */
function shareContent(cache: string): void {
  const content = join(npmConfig("cache"), "_cacache/content-v2");
  if (!existsSync(content)) return;
  mkdirSync(join(cache, "_cacache"), { recursive: true });
  symlinkSync(content, join(cache, "_cacache/content-v2"));
}

/** Not in a workspace, whose configuration npm does not show. */
const npmConfig = (name: string): string =>
  execFileSync("npm", ["config", "get", name], { cwd: tmpdir(), encoding: "utf8" }).trim();

async function responds(url: string, run: Run): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    if (
      await fetch(`${url}-/ping`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    if (run.exit() || performance.now() > deadline) {
      await run.reap();
      throw new Error(`the registry does not respond; its output:\n${run.output.text()}`);
    }
  }
}

async function tokenFrom(url: string): Promise<string> {
  const name = "publisher";
  const res = await fetch(`${url}-/user/org.couchdb.user:${name}`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password: crypto.randomUUID() }),
  });
  const { token } = (await res.json()) as { token?: string };
  if (token === undefined) throw new Error(`the registry responds ${res.status} to a new user`);
  return token;
}

/** Without what npm tells the scripts that it runs, such as the user's own configuration. */
function npmEnvironment(userconfig: string, cache: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$/i.test(name));
  // A service must find its own programs, not those of this repository.
  const path = (process.env.PATH ?? "").split(delimiter).filter((one) => !one.endsWith(".bin"));
  return {
    ...Object.fromEntries(inherited),
    PATH: path.join(delimiter),
    npm_config_userconfig: userconfig,
    npm_config_cache: cache,
    npm_config_update_notifier: "false",
  };
}
