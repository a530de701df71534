// Starts a PostgreSQL for the experiments: Debian's if it is installed, otherwise the embedded one.
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "port-contract/ports";
import { type Argv, type Run, startRun } from "port-contract/harness";
import { scratchFolder } from "../recipes/scratch";

/** An empty database. */
export interface Postgres {
  /** Such as `PostgreSQL 15`. */
  title: string;
  url: string;
  reap: () => Promise<void>;
}

const START_LIMIT_MS = 60_000;
const DEBIAN = "/usr/lib/postgresql";

/** Starts PostgreSQL and resolves once it accepts connections. @throws Error with its output when it does not */
export async function startPostgres(): Promise<Postgres> {
  const port = await freePort();
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number) : [];
  const newest = Math.max(0, ...versions.filter((of) => existsSync(programOf(of, "postgres"))));
  return newest > 0 ? startDebians(newest, port) : startEmbedded(port);
}

const programOf = (version: number, name: string): string => join(DEBIAN, `${version}/bin/${name}`);

async function startDebians(version: number, port: number): Promise<Postgres> {
  const { folder, remove } = scratchFolder("postgres");
  const as = asNotRoot(folder);
  const data = join(folder, "data");
  const [initdb, ...args] = [...as, programOf(version, "initdb"), "-D", data, "-U", "postgres"];
  execFileSync(initdb, [...args, "-A", "trust"], { stdio: "ignore" });
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories="];
  const argv = [...as, programOf(version, "postgres"), "-D", data, "-p", `${port}`];
  const run = startRun([...argv, ...settings.flatMap((of) => ["-c", of])] as unknown as Argv);
  const reap = async () => {
    await run.reap();
    remove();
  };
  await ready(run, /database system is ready/, reap);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return { title: `PostgreSQL ${version}`, url, reap };
}

/** A command prefix that drops root, which PostgreSQL refuses to run as; the folder is given to that user. */
function asNotRoot(folder: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const [uid, gid] = ["-u", "-g"].map((what) => Number(execFileSync("id", [what, "nobody"])));
  chownSync(folder, uid!, gid!);
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}

async function startEmbedded(port: number): Promise<Postgres> {
  const run = startRun([process.execPath, require.resolve("berth-dev/cli"), "postgres"], {
    port: String(port),
    env: { DATA_DIR: "memory://", DATABASE_NAME: "limits", HOST: "127.0.0.1" },
  });
  const announced = /ready on (postgres:\/\/\S+)/;
  await ready(run, announced, run.reap);
  const url = announced.exec(run.output.text())?.[1] ?? "";
  return { title: "embedded PostgreSQL", url, reap: run.reap };
}

async function ready(run: Run, says: RegExp, reap: () => Promise<void>): Promise<void> {
  if (await run.output.shows((text) => says.test(text), START_LIMIT_MS)) return;
  await reap();
  throw new Error(`PostgreSQL is not ready; its output:\n${run.output.text()}`);
}
