// Runs Berth and the real systems as one formation, each on its assigned port and, if it speaks HTTP, by name behind the
// router; restarts them one by one, and stops them by Ctrl-C: node --require ts-node/register lab/real-systems/polyglot.ts
// With --verbose it prints their output.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isPortFree, readProcfile } from "berth-dev/formation";
import { parseCommandLine } from "port-contract/args";
import { freePort } from "port-contract/ports";
import { connect, processTree, runMark, send, until } from "port-contract/harness";
import { redis, type Settings, xmpp } from "port-contract";
import { systems } from "./systems";

const root = join(__dirname, "../..");
const runner = [require.resolve("berth-dev/cli"), "dev"];

/** Systems by process type. ejabberd is started by erl, because ejabberdctl leaves the epmd daemon running. */
const chosen = {
  flask: "Flask",
  tornado: "Tornado",
  sinatra: "Sinatra on Thin",
  jetty: "Jetty",
  express: "Express",
  redis: "Redis",
  ejabberd: "ejabberd by erl",
};
const isHttp = (type: string): boolean => !["db", "redis", "ejabberd"].includes(type);

const UP_LIMIT_MS = 90_000;
const RESPONSE_LIMIT_MS = 5000;
const GONE_LIMIT_MS = 2000;
const PORTS_PER_TYPE = 100;

/** Prepares the apps below `folder`, and returns the lines of a Procfile. */
function layOut(folder: string): string[] {
  // Berth as in `npm run dev`, attached by DATABASE_URL to the database of the formation.
  const { types, oneOffs, counts } = readProcfile(join(root, "Procfile.dev"));
  const started = types.filter(({ name }) => counts.get(name) !== 0);
  const own = [...oneOffs, ...started].map(
    ({ name, command }) => `${name}: cd '${root}' && ${command}`,
  );
  const others = Object.entries(chosen).map(([type, name]) => {
    const system = systems.find((each) => each.name === name);
    if (!system?.line) throw new Error(`systems.ts has no line for ${name}`);
    const app = join(folder, type);
    if (system.app) cpSync(join(__dirname, "apps", system.app), app, { recursive: true });
    else mkdirSync(app);
    if (system.build) execFileSync("sh", ["-c", system.build], { cwd: app, stdio: "inherit" });
    return `${type}: cd '${app}' && ${system.line}`;
  });
  return [...own, ...others];
}

/** Resolves once each system responds in its protocol, and, if it speaks HTTP, by name; prints the responses. */
async function ask(types: string[], base: number, router: number): Promise<void> {
  await Promise.all(
    types.map(async (type, index) => {
      const port = base + index * PORTS_PER_TYPE;
      const response = await until(() => responseOf(type, port), UP_LIMIT_MS, 100);
      if (response === undefined) throw new Error(`${type} does not respond on port ${port}`);
      const routed = isHttp(type) ? await httpResponse(router, `${type}.localhost`) : response;
      if (routed !== response)
        throw new Error(`${type} is ${routed} behind the router, not ${response}`);
      const where = isHttp(type) ? `port ${port} and ${type}.localhost:${router}` : `port ${port}`;
      console.log(`${type.padEnd(8)} on ${where}: ${response}`);
    }),
  );
}

/** The response, or undefined if there is none or the system is not ready. */
async function responseOf(type: string, port: number): Promise<string | undefined> {
  try {
    if (!isHttp(type)) return await protocolResponse(type, port);
    // Berth is ready when its database is.
    const isReady = type !== "web" || (await get(port, "localhost", "/readyz")).status === 200;
    return isReady ? await httpResponse(port, "localhost") : undefined;
  } catch {
    return undefined;
  }
}

async function protocolResponse(type: string, port: number): Promise<string | undefined> {
  const connection = await connect({ host: "127.0.0.1", port });
  try {
    if (type === "db") return "accepts connections";
    const probe = type === "redis" ? redis : xmpp;
    const { text, ready } = await probe.run(connection, {} as Settings, RESPONSE_LIMIT_MS);
    return ready ? text : undefined;
  } finally {
    connection.close();
  }
}

/** The status and the body, in which each system names itself. */
async function httpResponse(port: number, host: string): Promise<string> {
  const { status, body } = await get(port, host, "/");
  return `${status} ${body.trim()}`;
}

const get = (port: number, host: string, path: string) =>
  send({ host: "127.0.0.1", port }, { path, headers: { Host: host } }, RESPONSE_LIMIT_MS);

async function main(): Promise<void> {
  const options = { verbose: { type: "boolean" } } as const;
  const isVerbose = parseCommandLine(process.argv.slice(2), options).values.verbose;
  const folder = mkdtempSync(join(tmpdir(), "polyglot-"));
  const procfile = join(folder, "Procfile");
  const lines = layOut(folder);
  writeFileSync(procfile, `${lines.join("\n")}\n`);
  const types = readProcfile(procfile).types.map(({ name }) => name);
  const base = await freePort(types.length * PORTS_PER_TYPE);
  const env = {
    ...process.env,
    // Debian's programs first; `berth` from node_modules.
    PATH: `/usr/sbin:/usr/bin:${process.env.PATH}:${join(root, "node_modules/.bin")}`,
    NODE_PATH: join(root, "node_modules"),
    TMPDIR: folder,
    DATA_DIR: "memory://",
    [runMark]: folder,
  };
  const router = await freePort();
  const hosts = types.filter(isHttp).flatMap((type) => ["--host", `${type}.localhost=${type}`]);
  const ports = ["-p", String(base), "--router", String(router), ...hosts];
  const formation = spawn(process.execPath, [...runner, "-f", procfile, ...ports], {
    env,
    detached: true,
    stdio: ["ignore", isVerbose ? "inherit" : "ignore", "inherit"],
  });
  const exited = once(formation, "exit");
  try {
    await ask(types, base, router);
    const restart = [...runner, "-f", procfile, "restart"];
    execFileSync(process.execPath, restart, { env, stdio: "inherit" });
    await ask(types, base, router);
  } finally {
    // As a terminal does on Ctrl-C.
    process.kill(-(formation.pid as number), "SIGINT");
    const [code] = (await exited) as [number | null];
    console.log(`Ctrl-C: exit code ${code}`);
    const tree = () => processTree(formation.pid as number, folder);
    await until(() => tree().length === 0, GONE_LIMIT_MS);
    const left = tree().map(({ pid, command }) => `${pid} ${command}`);
    const given = [router, ...types.map((_type, index) => base + index * PORTS_PER_TYPE)];
    const free = await Promise.all(given.map(isPortFree));
    const taken = given.filter((_port, index) => !free[index]);
    console.log(
      `processes left: ${left.join("; ") || "none"}, ports left: ${taken.join(", ") || "none"}`,
    );
    rmSync(folder, { recursive: true, force: true });
    if (left.length > 0 || taken.length > 0 || code !== 130) process.exitCode = 1;
  }
}

void main();
