// The recipe of systemd: its units by its own checks, a passed socket, and a whole life under a systemd of their own.
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

const ANSWER_LIMIT_MS = 15_000;
const CLIENTS = 20;
/** What `systemd-analyze security` calls OK ends at 2 to 3, of 10. */
const MOST_EXPOSURE = 2;

/** Tries the units. @throws Missing when systemd is not installed */
export async function trySystemd(prove: Prove): Promise<void> {
  requireProgram("systemd-analyze", "systemd");
  requireProgram("systemd-socket-activate", "systemd");
  const { folder, remove } = scratchFolder("systemd");
  try {
    await prove("systemd-analyze verify has nothing to say", () => verified(folder));
    await prove(`the sandbox is at most ${MOST_EXPOSURE} of 10 open`, () => exposure(folder));
    await prove("a passed socket is served, and drained", passedSocket);
    // A reload goes on once the new workers are ready.
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
  mustBe("it says", said.trim(), "");
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

/** The first connection starts the process; a request that is half sent at SIGTERM is answered as a whole. */
async function passedSocket(): Promise<string> {
  const port = await freePort();
  const activator = ["systemd-socket-activate", "-l", `127.0.0.1:${port}`] as const;
  const run = startRun([...activator, process.execPath, SUBJECT], { env: { PORT: undefined } });
  try {
    const connection = await until(
      () => connect({ host: "127.0.0.1", port }).catch(() => undefined),
      ANSWER_LIMIT_MS,
    );
    if (!connection) throw new Error(run.output.text());
    const request = { method: "POST", path: "/pieces", headers: { "Content-Length": "6" } };
    connection.socket.write(`${headOf(request)}one`);
    while (!connection.received().includes("one")) {
      if (connection.ending()) throw new Error(run.output.text());
      await connection.changed();
    }
    run.signal("SIGTERM", "leader");
    await run.output.shows((text) => text.includes("draining"), ANSWER_LIMIT_MS);
    connection.socket.write("two");
    const { body } = await readResponse(connection, ANSWER_LIMIT_MS);
    mustBe("the answer", body, "onetwo");
    mustBe("the exit code", (await run.exited).code, 0);
    return "started by the first connection, exit 0";
  } finally {
    await run.reap();
  }
}

/** The units as they are, on a machine that has nothing else. */
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
    await prove("the supervisor is replaced beside a stand-in", () =>
      underLoad(port, async () => {
        makeCurrent(folder, "1");
        const before = timesListening(folder, port);
        await systemctl("start", "berth@b");
        // It has started before it listens: a release that cannot would be noticed too late.
        if (!(await until(() => timesListening(folder, port) > before, ANSWER_LIMIT_MS)))
          throw new Error("berth@b does not listen on the socket");
        await systemctl("restart", "berth@a");
        await systemctl("stop", "berth@b");
        await becomes(port, "0.0.1");
      }),
    );
    await prove("a killed supervisor is started again", async () => {
      await systemctl("kill", "--signal=SIGKILL", "berth@a");
      return `version ${await version(port)}`;
    });
  } finally {
    await reap();
  }
}

/** How often the service has said that it listens there. */
const timesListening = (folder: string, port: number): number =>
  readFileSync(join(folder, "srv/log"), "utf8").split(`is listening on port ${port}`).length;

/** As the page says: by a rename, so that there is always one. */
function makeCurrent(folder: string, release: string): void {
  const berth = join(folder, "srv/berth");
  symlinkSync(`releases/${release}`, join(berth, "next"));
  renameSync(join(berth, "next"), join(berth, "current"));
}

async function version(port: number): Promise<string> {
  const { body } = await send({ host: "127.0.0.1", port }, { path: "/" }, ANSWER_LIMIT_MS);
  return (JSON.parse(body) as { version: string }).version;
}

/** Until nobody answers as another release any more. */
async function becomes(port: number, expected: string): Promise<void> {
  const isThere = async () => {
    const versions = await Promise.all(Array.from({ length: 8 }, () => version(port)));
    return versions.every((one) => one === expected);
  };
  if (await until(isThere, ANSWER_LIMIT_MS)) return;
  throw new Error(`still answers as version ${await version(port)}, not ${expected}`);
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
