// Only one process can use a data directory, even from other containers and after a kill.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  spawnEmbeddedPostgres,
  startCommand,
  stopProcesses,
  type TestProcess,
} from "berth/testing";

const built = join(__dirname, "../../dist/embedded-postgres");
let directory: string;
let dataDir: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "data-directory-lock-"));
  dataDir = join(directory, "data");
});
afterEach(async () => {
  await stopProcesses();
  await rm(directory, { recursive: true });
});

const LOCKS = `
  require(${JSON.stringify(join(built, "data-directory-lock"))}).lockDataDirectory(process.env.DATA_DIR).then(
    () => (process.on("SIGTERM", () => process.exit()), setInterval(() => {}, 1e6), console.log("locked")),
    (err) => (console.log(err.message), process.exit(1)),
  );`;

/** Starts a process that locks a data directory, without the database. */
const start = (through: readonly string[] = [], of = dataDir): TestProcess =>
  startCommand([...through, process.execPath, "--eval", LOCKS], { DATA_DIR: of });

async function lock(): Promise<TestProcess> {
  const owner = start();
  expect(await owner.line(/./)).toBe("locked");
  return owner;
}

async function expectRefusal(through?: readonly string[], of?: string): Promise<void> {
  const { exit, lines } = start(through, of);
  expect([await exit, lines]).toEqual([1, [REFUSED]]);
}

const locks = () => readdirSync(dataDir).filter((name) => name.startsWith("in-use-by-"));
const REFUSED = expect.stringMatching(/in use by process \d+.*set DATA_DIR/) as string;

describe("the lock of a data directory", () => {
  /** With separate mounts and network, as in a container, where this machine permits that. */
  const asInContainer = [
    ["unshare", "--mount", "--net"],
    ["unshare", "--user", "--map-root-user", "--mount", "--net"],
  ].find(([file = "", ...args]) => spawnSync(file, [...args, "true"]).status === 0);
  const suite = asInContainer ? it : it.skip;
  const container = asInContainer ?? [];

  suite("keeps out a process of another network, as in a container", async () => {
    await lock();
    await expectRefusal(container);
  });

  suite("keeps out a process that has it by a bind mount", async () => {
    await lock();
    const mounted = join(directory, "mounted");
    await mkdir(mounted);
    const mount = [...container, "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"'];
    await expectRefusal([...mount, dataDir, mounted], mounted);
  });

  it("is free once its process was killed", async () => {
    const killed = await lock();
    await killed.stop();
    expect(locks()).toHaveLength(1);
    const next = await lock();
    expect(locks()).toHaveLength(1);
    next.child.kill("SIGTERM");
    expect(await next.exit).toBe(0);
    expect(locks()).toEqual([]);
  });

  it("goes to one of several that start at once", async () => {
    await (await lock()).stop();
    const claims = [1, 2, 3].map(() => start());
    const lines = await Promise.all(claims.map((claim) => claim.line(/./)));
    expect(lines.sort()).toEqual([REFUSED, REFUSED, "locked"]);
  });

  it("works in a folder whose path is too long for a Unix socket", async () => {
    dataDir = join(directory, "long".repeat(30), "data");
    await lock();
    await expectRefusal();
  });
});

describe("a data directory", () => {
  async function createAndStop(): Promise<void> {
    const postgres = await spawnEmbeddedPostgres({ DATA_DIR: dataDir });
    await postgres.stop("SIGTERM");
  }

  it("is accessible to its owner only, even if it was accessible to others before", async () => {
    await createAndStop();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    chmodSync(dataDir, 0o755);
    await createAndStop();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it("is created again after a kill has left an incomplete one", async () => {
    // As left by a process that was killed while creating it.
    const script = `
      const fs = require("node:fs/promises");
      const { rename } = fs;
      let count = 0;
      fs.rename = (...args) => (++count > 3 ? process.kill(process.pid, "SIGKILL") : rename(...args));
      require(${JSON.stringify(join(built, "data-directory"))}).openDatabase(process.env.DATA_DIR);`;
    const args = ["--eval", script];
    const child = spawn(process.execPath, args, { env: { ...process.env, DATA_DIR: dataDir } });
    expect((await once(child, "close")).at(1)).toBe("SIGKILL");
    expect(existsSync(join(dataDir, "PG_VERSION"))).toBe(false);
    await createAndStop();
  });
});
