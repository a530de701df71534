// The recipe for systemd: systemd's own checks of the units, socket activation, and the life cycle under a separate systemd.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "port-contract/ports";
import { prepareOwnService } from "berth-dev/contract";
import { connect, headOf, readResponse, send, startRun, until } from "port-contract/harness";
import { account } from "../drain/account";
import { startClients } from "../drain/clients";
import { SUBJECT } from "./instances";
import { requireProgram } from "./missing";
import { type OwnSystemd, startSystemd } from "./own-systemd";
import { mustBe, type Prove } from "./prove";
import { scratchFolder } from "./scratch";
import { writeReleases, writeSurroundings, writeUnits } from "./units";

const RESPONSE_LIMIT_MS = 15_000;
const CLIENTS = 20;
/** The highest exposure level, of 10; `systemd-analyze security` calls levels up to 2 or 3 OK. */
const MOST_EXPOSURE = 2;

/** Tests the units. @throws MissingProgram when systemd is not installed */
export async function trySystemd(prove: Prove): Promise<void> {
  requireProgram("systemd-analyze", "systemd");
  requireProgram("systemd-socket-activate", "systemd");
  const { folder, remove } = scratchFolder("systemd");
  try {
    await prove("systemd-analyze verify prints nothing", () => verified(folder));
    await prove(`the exposure is at most ${MOST_EXPOSURE} of 10`, () => exposure(folder));
    await prove("a passed socket is served, and drained", passedSocket);
    // A reload continues once the new workers are ready.
    const { env, detach } = await prepareOwnService();
    await tryUnits(join(folder, "machine"), env, prove).finally(detach);
  } finally {
    remove();
  }
}

function verified(folder: string): string {
  const units = writeUnits(join(folder, "units"), process.execPath, 5000);
  const said = execFileSync("sh", ["-c", 'exec systemd-analyze verify "$@" 2>&1', "sh", ...units], {
    encoding: "utf8",
  });
  mustBe("its output", said.trim(), "");
  return "berth.socket, berth@.service";
}

function exposure(folder: string): string {
  const unit = join(folder, "units/berth@.service");
  const said = execFileSync("systemd-analyze", ["security", "--offline=yes", unit], {
    encoding: "utf8",
  });
  const [, level = "unknown"] = /exposure level .*: ([\d.]+)/.exec(said) ?? [];
  if (!(Number(level) <= MOST_EXPOSURE)) throw new Error(`exposure ${level}`);
  return `exposure ${level}`;
}

/** The first connection starts the process; a request that is half sent at SIGTERM gets a complete response. */
async function passedSocket(): Promise<string> {
  const port = await freePort();
  const activator = ["systemd-socket-activate", "-l", `127.0.0.1:${port}`] as const;
  const run = startRun([...activator, process.execPath, SUBJECT], { env: { PORT: undefined } });
  try {
    const connection = await until(
      () => connect({ host: "127.0.0.1", port }).catch(() => undefined),
      RESPONSE_LIMIT_MS,
    );
    if (!connection) throw new Error(run.output.text());
    const request = { method: "POST", path: "/pieces", headers: { "Content-Length": "6" } };
    connection.socket.write(`${headOf(request)}one`);
    while (!connection.received().includes("one")) {
      if (connection.ending()) throw new Error(run.output.text());
      await connection.changed();
    }
    run.signal("SIGTERM", "leader");
    await run.output.shows((text) => text.includes("draining"), RESPONSE_LIMIT_MS);
    connection.socket.write("two");
    const { body } = await readResponse(connection, RESPONSE_LIMIT_MS);
    mustBe("the response", body, "onetwo");
    mustBe("the exit code", (await run.exited).code, 0);
    return "started by the first connection, exit 0";
  } finally {
    await run.reap();
  }
}

/** Runs the units on a systemd that has no other services. */
async function tryUnits(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  prove: Prove,
): Promise<void> {
  const port = await freePort();
  mkdirSync(folder);
  writeUnits(join(folder, "units"), "/srv/berth/node", port);
  writeSurroundings(join(folder, "units"), "/srv/log");
  writeReleases(join(folder, "srv/berth"), env);
  let systemd: OwnSystemd | undefined;
  await prove("the first connection starts the service", async () => {
    systemd = await startSystemd(folder);
    await systemd.systemctl("start", "berth.socket");
    return `version ${await version(port)}`;
  });
  if (!systemd) return;
  const { systemctl, reap } = systemd;
  try {
    await prove("a reload rolls the workers to a new release", () =>
      underLoad(port, async () => {
        makeCurrent(folder, "2");
        await systemctl("reload", "berth@a");
        await becomes(port, "0.0.2");
      }),
    );
    await prove("the supervisor is replaced while a second one serves", () =>
      underLoad(port, async () => {
        makeCurrent(folder, "1");
        const before = timesListening(folder, port);
        await systemctl("start", "berth@b");
        // `systemctl start` returns before it listens, so a broken release would be noticed too late.
        if (!(await until(() => timesListening(folder, port) > before, RESPONSE_LIMIT_MS)))
          throw new Error("berth@b does not listen on the socket");
        await systemctl("restart", "berth@a");
        await systemctl("stop", "berth@b");
        await becomes(port, "0.0.1");
      }),
    );
    await prove("a killed supervisor is restarted", async () => {
      await systemctl("kill", "--signal=SIGKILL", "berth@a");
      return `version ${await version(port)}`;
    });
  } finally {
    await reap();
  }
}

/** How often the service has logged that it listens. */
const timesListening = (folder: string, port: number): number =>
  readFileSync(join(folder, "srv/log"), "utf8").split(`is listening on port ${port}`).length;

/** By a rename, as documented, so that the link always exists. */
function makeCurrent(folder: string, release: string): void {
  const berth = join(folder, "srv/berth");
  symlinkSync(`releases/${release}`, join(berth, "next"));
  renameSync(join(berth, "next"), join(berth, "current"));
}

async function version(port: number): Promise<string> {
  const { body } = await send({ host: "127.0.0.1", port }, { path: "/" }, RESPONSE_LIMIT_MS);
  return (JSON.parse(body) as { version: string }).version;
}

/** Waits until only the expected release responds. */
async function becomes(port: number, expected: string): Promise<void> {
  const isThere = async () => {
    const versions = await Promise.all(Array.from({ length: 8 }, () => version(port)));
    return versions.every((one) => one === expected);
  };
  if (await until(isThere, RESPONSE_LIMIT_MS)) return;
  throw new Error(`still responds as version ${await version(port)}, not ${expected}`);
}

async function underLoad(port: number, change: () => Promise<void>): Promise<string> {
  const clients = startClients(port, "/livez", CLIENTS);
  await clients.warm;
  await change();
  const { requests, ...failed } = account(await clients.stop(), new Set());
  clients.close();
  mustBe("failed", failed.resets + failed.refusals + failed.incomplete, 0);
  return `0 of ${requests} GETs failed`;
}
