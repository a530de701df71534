// Experiment: one container of the image, confined as docs/deploy confines it.
import { freePort } from "port-contract/ports";
import { send, until } from "port-contract/harness";
import type { Finding } from "../experiments/run";
import { startPostgres } from "../limits/postgres";
import { IMAGE } from "./build-image";
import type { Docker } from "./docker";

const READY_LIMIT_MS = 30_000;
/** The first check of the image's HEALTHCHECK is after 10 s. */
const HEALTHY_LIMIT_MS = 60_000;

/** The members of `docker inspect` for a container that are used here. */
interface State {
  ExitCode: number;
  Health?: { Status: string };
}

/** Starts the image as it is, on a read-only root and without capabilities, and stops it. */
export async function image({ docker }: Docker): Promise<Finding> {
  const postgres = await startPostgres();
  const port = await freePort();
  const env = [`PORT=${port}`, "HOST=127.0.0.1", `DATABASE_URL=${postgres.url}`];
  const id = await docker([
    ...["run", "--detach", "--network", "host", "--read-only", "--cap-drop", "ALL"],
    ...["--security-opt", "no-new-privileges", ...env.flatMap((of) => ["--env", of]), IMAGE],
  ]);
  const state = async () =>
    JSON.parse(await docker(["inspect", "--format", "{{json .State}}", id])) as State;
  const isHealthy = async () => (await state()).Health?.Status === "healthy";
  const user = await docker(["exec", id, "id", "--user"]);
  const first = await docker(["exec", id, "readlink", "/proc/1/exe"]);
  const version = await docker(["exec", id, "node", "--version"]);
  const ready = await until(() => responds(port), READY_LIMIT_MS);
  const healthy = await until(isHealthy, HEALTHY_LIMIT_MS, 200);
  await docker(["stop", id]);
  const { ExitCode: exitCode } = await state();
  const bytes = Number(await docker(["image", "inspect", "--format", "{{.Size}}", IMAGE]));
  await postgres.reap();

  const row = {
    Node: version,
    MB: (bytes / 1e6).toFixed(0),
    user,
    "process 1": first,
    ready: ready ? "yes" : "no",
    healthy: healthy ? "yes" : "no",
    "exit code after docker stop": `${exitCode}`,
  };
  const missed: string[] = [];
  if (user === "0") missed.push("the container runs as root");
  if (!first.endsWith("/node")) missed.push(`process 1 is ${first}, not node`);
  if (!ready) missed.push("it is not ready on a read-only root");
  if (!healthy) missed.push("its HEALTHCHECK does not succeed");
  if (exitCode !== 0) missed.push(`it exits with ${exitCode} after docker stop`);
  return { rows: [row], missed };
}

/** Whether `/readyz` of the port responds 200. */
export async function responds(port: number): Promise<boolean> {
  const address = { host: "127.0.0.1", port };
  const response = await send(address, { path: "/readyz" }, 1000).catch(() => undefined);
  return response?.status === 200;
}
