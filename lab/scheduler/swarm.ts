// Deploys docs/deploy/swarm.yaml on a Docker Swarm of one node, and observes its replicas.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "port-contract/ports";
import { until } from "port-contract/harness";
import type { Docker } from "./docker";

export const REPLICAS = 3;

/** The port of a replica in the file: its slot, which counts from 1, is the last digit. */
const PORT = '"500{{.Task.Slot}}"';
const BRIDGE = "docker_gwbridge";
const STACK = "berth";
const SERVICE = `${STACK}_web`;
const OF_SERVICE = ["--filter", `label=com.docker.swarm.service.name=${SERVICE}`];
/** For an update of three replicas, one after the other, and its rollback. */
const UPDATE_LIMIT_MS = 300_000;

/** The deployed service. */
export interface Swarm {
  ports: readonly number[];
  /** Deploys the file with an image. */
  deploy: (image: string) => Promise<void>;
  /** Changes the environment of the service, as `NAME=value`. */
  configure: (variable: string) => Promise<void>;
  /** Resolves to how the last update ended, such as `rollback_completed`. */
  updated: () => Promise<string>;
  /** The containers whose HEALTHCHECK succeeds. */
  healthy: () => Promise<Replica[]>;
  /** Resolves once all replicas are healthy and none of these runs any more. @throws Error after five minutes */
  replaced: (ids: readonly string[]) => Promise<void>;
  signal: (ids: readonly string[], signal: NodeJS.Signals) => Promise<void>;
}

/** A container. */
export interface Replica {
  id: string;
  image: string;
}

/** Makes the daemon a Swarm of one node, without a service. */
export async function startSwarm({ docker, folder }: Docker, databaseUrl: string): Promise<Swarm> {
  // A Swarm makes this bridge for its overlay networks, on the machine's network.
  if (!existsSync(`/sys/class/net/${BRIDGE}`))
    process.once("exit", () => spawnSync("ip", ["link", "delete", BRIDGE]));
  await docker([
    ...["swarm", "init", "--advertise-addr", "127.0.0.1"],
    ...["--listen-addr", `127.0.0.1:${await freePort()}`],
  ]);
  const first = await firstPort();
  const file = join(folder, "swarm.yaml");
  writeFileSync(file, withPorts(first));
  const running = async (...filters: string[]): Promise<Replica[]> => {
    const lines = await docker(["ps", "--no-trunc", "--format", "{{.ID}} {{.Image}}", ...filters]);
    return lines
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(" "))
      .map(([id = "", image = ""]) => ({ id, image }));
  };
  const healthy = () => running(...OF_SERVICE, "--filter", "health=healthy");
  const status = "{{with .UpdateStatus}}{{.State}}{{end}}";
  return {
    ports: Array.from({ length: REPLICAS }, (_, slot) => first + slot + 1),
    async deploy(image) {
      const env = { IMAGE: image, DATABASE_URL: databaseUrl };
      // The image is in no registry.
      const how = ["--resolve-image", "never", "--compose-file", file];
      await docker(["stack", "deploy", ...how, STACK], env);
    },
    async configure(variable) {
      await docker(["service", "update", "--detach", "--env-add", variable, SERVICE]);
    },
    async updated() {
      const ended = await until(
        async () => {
          const state = await docker(["service", "inspect", "--format", status, SERVICE]);
          return /^(rollback_)?(completed|paused)$/.test(state) && state;
        },
        UPDATE_LIMIT_MS,
        250,
      );
      return ended || "no end";
    },
    healthy,
    async replaced(ids) {
      const isReplaced = async () => {
        const now = await healthy();
        return now.length === REPLICAS && now.every(({ id }) => !ids.includes(id));
      };
      if (await until(isReplaced, UPDATE_LIMIT_MS, 250)) return;
      throw new Error(`the replicas are not replaced: ${await docker(["service", "ps", SERVICE])}`);
    },
    signal: async (ids, signal) => void (await docker(["kill", "--signal", signal, ...ids])),
  };
}

/** A port ending in 0 that has free ones above it. */
async function firstPort(): Promise<number> {
  // A span of which at most the first nine are skipped.
  const free = await freePort(9 + REPLICAS);
  return Math.ceil(free / 10) * 10;
}

/** The file with other ports, of which this is the one below the first. @throws Error if it lacks its own */
export function withPorts(first: number): string {
  const text = readFileSync(join(__dirname, "../../docs/deploy/swarm.yaml"), "utf8");
  if (!text.includes(PORT)) throw new Error(`docs/deploy/swarm.yaml does not have ${PORT}`);
  return text.replace(PORT, PORT.replace("500", String(first / 10)));
}
