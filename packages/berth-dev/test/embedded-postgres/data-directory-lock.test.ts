// Only one process can use a data directory, even from other containers and after a kill.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, spawnEmbeddedPostgres } from "berth/testing";

let directory: string;
let dataDir: string;
let running: EmbeddedPostgres[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "data-directory-lock-"));
  dataDir = join(directory, "data");
});
afterEach(async () => {
  await Promise.all(running.map((postgres) => postgres.stop("SIGKILL")));
  running = [];
  await rm(directory, { recursive: true });
});

async function start(through?: readonly string[], DATA_DIR = dataDir): Promise<EmbeddedPostgres> {
  const postgres = await spawnEmbeddedPostgres({ DATA_DIR }, through);
  running.push(postgres);
  return postgres;
}

const locks = () => readdirSync(dataDir).filter((name) => name.startsWith("in-use-by-"));
const REFUSED = /exit 1: .*in use by process \d+.*set DATA_DIR/s;

describe("the lock of a data directory", () => {
  /** With separate mounts and network, as in a container, where this machine permits that. */
  const asInContainer = [
    ["unshare", "--mount", "--net"],
    ["unshare", "--user", "--map-root-user", "--mount", "--net"],
  ].find(([file = "", ...args]) => spawnSync(file, [...args, "true"]).status === 0);
  const suite = asInContainer ? it : it.skip;
  const container = asInContainer ?? [];

  suite("keeps out a process of another network, as in a container", async () => {
    await start();
    await expect(start(container)).rejects.toThrow(REFUSED);
  });

  suite("keeps out a process that has it by a bind mount", async () => {
    await start();
    const mounted = join(directory, "mounted");
    await mkdir(mounted);
    const mount = [...container, "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"'];
    await expect(start([...mount, dataDir, mounted], mounted)).rejects.toThrow(REFUSED);
  });

  it("is free once its process was killed", async () => {
    const killed = await start();
    await killed.stop("SIGKILL");
    expect(locks()).toHaveLength(1);
    const again = await start();
    expect(locks()).toHaveLength(1);
    await again.stop("SIGTERM");
    expect(locks()).toEqual([]);
  });

  it("goes to one of several that start at once", async () => {
    await (await start()).stop("SIGKILL");
    const results = await Promise.allSettled([start(), start(), start()]);
    const refusals = results.flatMap((each) =>
      each.status === "rejected" ? [(each.reason as Error).message] : [],
    );
    expect(refusals).toEqual([
      expect.stringMatching(REFUSED) as string,
      expect.stringMatching(REFUSED) as string,
    ]);
  });

  it("works in a folder whose path is too long for a Unix socket", async () => {
    dataDir = join(directory, "long".repeat(30), "data");
    await start();
    await expect(start()).rejects.toThrow(REFUSED);
  });
});

describe("a data directory", () => {
  it("is accessible to its owner only, even if it was accessible to others before", async () => {
    await (await start()).stop("SIGTERM");
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    chmodSync(dataDir, 0o755);
    await (await start()).stop("SIGTERM");
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it("is created again after a kill has left an incomplete one", async () => {
    // As left by a process that was killed while creating it.
    const built = join(__dirname, "../../dist/embedded-postgres/data-directory");
    const script = `
      const fs = require("node:fs/promises");
      const { rename } = fs;
      let count = 0;
      fs.rename = (...args) => (++count > 3 ? process.kill(process.pid, "SIGKILL") : rename(...args));
      require(${JSON.stringify(built)}).openDatabase(process.env.DATA_DIR);`;
    const args = ["--eval", script];
    const child = spawn(process.execPath, args, { env: { ...process.env, DATA_DIR: dataDir } });
    expect((await once(child, "close")).at(1)).toBe("SIGKILL");
    expect(existsSync(join(dataDir, "PG_VERSION"))).toBe(false);
    await start();
  });
});
