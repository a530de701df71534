// Runs nginx and HAProxy with the configurations of docs/deploy, on other ports.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Argv, connect, type Run, startRun, until } from "port-contract/harness";
import { requireProgram } from "./missing";
import { scratchFolder } from "./scratch";

/** A router from Debian, and how to start it. */
interface Router {
  /** The configuration file in docs/deploy. */
  file: string;
  /** The address that it listens on in that file. */
  listens: string;
  package: string;
  /** The command for a configuration in a folder. */
  argv: (folder: string, configuration: string) => Argv;
}

/** The instances of both configurations. */
const INSTANCES = [5000, 5001, 5002].map((port) => `127.0.0.1:${port}`);

/** The rest of nginx.conf around a site, as on Debian. */
const aroundSite = (folder: string, site: string): string => `
daemon off;
pid ${folder}/pid;
error_log stderr warn;
worker_rlimit_nofile 32768;
events { worker_connections 16384; }
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) => `${of}_temp_path ${folder}/${of};`).join("\n  ")}
  include ${site};
}
`;

const routers = {
  nginx: {
    file: "nginx.conf",
    listens: "[::]:80 ipv6only=off",
    package: "nginx-light",
    argv(folder, site) {
      const main = join(folder, "main.conf");
      writeFileSync(main, aroundSite(folder, site));
      return ["nginx", "-p", folder, "-c", main];
    },
  },
  haproxy: {
    file: "haproxy.cfg",
    listens: ":::80 v4v6",
    package: "haproxy",
    argv: (_folder, configuration) => ["haproxy", "-db", "-f", configuration],
  },
} satisfies Record<string, Router>;

/** The routers by name. */
export type RouterName = keyof typeof routers;

const START_LIMIT_MS = 10_000;

/**
 * Starts a router on a loopback port in front of three instances, and resolves once it accepts connections. `reap` stops
 * it.
 *
 * @param instances The ports of the three.
 * @throws MissingProgram when it is not installed
 * @throws Error with its output when it does not accept connections within 10 s
 */
export async function startRouter(
  name: RouterName,
  port: number,
  instances: readonly number[],
): Promise<Run> {
  const router: Router = routers[name];
  requireProgram(name, router.package);
  const { folder, remove } = scratchFolder(name);
  const configuration = join(folder, router.file);
  writeFileSync(configuration, withPorts(name, port, instances));
  const run = startRun(router.argv(folder, configuration));
  const reap = async () => {
    await run.reap();
    remove();
  };
  const isOver = async () => run.exit() !== undefined || (await accepts(port));
  if ((await until(isOver, START_LIMIT_MS)) && !run.exit()) return { ...run, port, reap };
  await reap();
  throw new Error(`${name} does not accept connections; its output:\n${run.output.text()}`);
}

/** The documented configuration with other ports. @throws Error when it lacks a text to replace */
export function withPorts(name: RouterName, port: number, instances: readonly number[]): string {
  const { file, listens } = routers[name];
  const text = readFileSync(join(__dirname, "../../docs/deploy", file), "utf8");
  const places = [listens, ...INSTANCES];
  const addresses = [port, ...instances].map((of) => `127.0.0.1:${of}`);
  return places.reduce((changed, place, i) => {
    if (!changed.includes(place)) throw new Error(`docs/deploy/${file} does not have ${place}`);
    return changed.replace(place, addresses[i]!);
  }, text);
}

async function accepts(port: number): Promise<boolean> {
  const connection = await connect({ host: "127.0.0.1", port }).catch(() => undefined);
  connection?.close();
  return connection !== undefined;
}
