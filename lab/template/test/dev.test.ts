// `npm run dev` on a terminal: what it starts, and that it leaves nothing behind.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { devNull } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { inTime } from "berth/testing";
import { freePort } from "port-contract/ports";
import { planFormation, readProcfile } from "berth-dev/formation";

const root = join(__dirname, "../../..");

/** The ids of the processes that have one of these variables, as `NAME=value`, in their environment. */
function processesWith(...settings: string[]): number[] {
  const ps = spawnSync("ps", ["axeww", "-o", "pid=,args="], { encoding: "utf8" });
  return ps.stdout
    .split("\n")
    .filter((line) => settings.some((setting) => line.split(/\s+/).includes(setting)))
    .map(Number.parseFloat);
}

interface Dev {
  npm: ChildProcess;
  base: number;
  output: () => string;
  /** Resolves once npm and all other processes that write to its output have ended. */
  closed: Promise<unknown>;
  /** Resolves once the output matches. */
  shows: (pattern: RegExp) => Promise<RegExpExecArray>;
}

const running: Dev[] = [];
afterEach(async () => {
  for (const { npm, closed } of running.splice(0)) {
    // The formation is in npm's process group, and stops everything that it has started.
    if (npm.exitCode === null && npm.signalCode === null) process.kill(-npm.pid!, "SIGTERM");
    await closed;
  }
});

/** Starts `formation` with a new database, in a new process group as a terminal would. */
async function startDev(
  formation: string,
  envAt: (base: number) => NodeJS.ProcessEnv = () => ({}),
): Promise<Dev> {
  const base = await freePort(201);
  // The environment of the tests may name a database.
  const args = ["run", "dev", "--", "-p", String(base), "-m", formation, "--env", devNull];
  const npm = spawn("npm", args, {
    cwd: root,
    env: { ...process.env, DEV_DATABASE_URL: "", DATA_DIR: "memory://", ...envAt(base) },
    detached: true,
  });
  let output = "";
  npm.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const closed = once(npm, "close");
  const shown = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(output);
      if (match) return match;
      const ended = closed.then(() => Promise.reject(new Error(output)));
      await Promise.race([once(npm.stdout, "data"), ended]);
    }
  };
  const shows = (pattern: RegExp) => inTime(shown(pattern), () => `no ${pattern} in:\n${output}`);
  const dev = { npm, base, output: () => output, closed, shows };
  running.push(dev);
  return dev;
}

describe("npm run dev", () => {
  it("serves this checkout's PostgreSQL at the first port + 100, and stops cleanly on one Ctrl-C", async () => {
    const { npm, base, output, closed, shows } = await startDev("web=0");
    const [, url = ""] = await shows(/db\.1 +\| embedded PostgreSQL ready on (\S+)\n/);
    expect(url).toMatch(
      new RegExp(`^postgres://postgres@127\\.0\\.0\\.1:${base + 100}/[a-z0-9_]+_[0-9a-f]{8}$`),
    );
    const client = new Client({ connectionString: url });
    await client.connect();
    expect((await client.query("SELECT 1 AS number")).rows).toEqual([{ number: 1 }]);
    await client.end();

    // A terminal signals the whole group, and npm forwards its own signal, so the runner gets two.
    process.kill(-npm.pid!, "SIGINT");
    await closed;
    expect(output()).toMatch(/system +\| db\.1 exited with code 0\n/);
  });

  it("uses its own database and ignores DATABASE_URL, and says so", async () => {
    let connections = 0;
    const production = createServer((socket) => {
      connections++;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(production, "listening");
    const { port } = production.address() as AddressInfo;
    const { base, shows } = await startDev("web=1", () => ({
      DATABASE_URL: `postgres://user:hunter2@127.0.0.1:${port}/production`,
    }));
    await shows(
      /system +\| release\.1, web\.1: DATABASE_URL from the environment is ignored in development; set DEV_DATABASE_URL/,
    );
    await shows(
      new RegExp(
        `system +\\| everything is up:\n.*\\| +web\\.1 http://localhost:${base}, docs at http://localhost:${base}/docs\n.*\\| +db\\.1 +postgres://postgres@127\\.0\\.0\\.1:${base + 100}/`,
      ),
    );
    expect((await fetch(`http://127.0.0.1:${base}/readyz`)).status).toBe(200);
    production.close();
    expect(connections).toBe(0);
  });

  it("issues tokens on request, which the service can verify", async () => {
    const formation = "issuer=1";
    let issuer = "";
    const { base, shows } = await startDev(formation, (port) => {
      const procfile = readProcfile(join(root, "Procfile.dev"));
      const options = { id: "a", formation, port, inspect: undefined };
      const { instances } = planFormation(procfile, options, {}, {});
      issuer = `http://127.0.0.1:${instances.find(({ name }) => name === "issuer.1")?.env.PORT}`;
      const [AUTH_JWKS_URL, AUTH_ISSUER] = [`${issuer}/jwks.json`, issuer];
      return { AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE: "here" };
    });
    await shows(/issuer\.1 +\| development issuer ready/);
    await shows(/web\.1 .*is listening on port/);
    expect(await (await fetch(`http://127.0.0.1:${base}/readyz`)).json()).toMatchObject({
      checks: { tokens: "ok" },
    });
    const [, claims = ""] = (await (await fetch(`${issuer}/token?sub=ann`)).text()).split(".");
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      iss: issuer,
      aud: "here",
      sub: "ann",
    });
  });

  it("restarts the service one by one from a second terminal, but not its database", async () => {
    const { base, output, shows } = await startDev("web=2");
    await shows(new RegExp(`is listening on port ${base}\\b`));
    await shows(new RegExp(`is listening on port ${base + 1}\\b`));
    const args = ["run", "--silent", "dev", "--", "restart", "web", "-p", String(base)];
    const restart = spawn("npm", args, { cwd: root });
    const [printed] = await Promise.all([text(restart.stdout), once(restart, "exit")]);
    expect(printed).toBe(
      `stopping web.1\nweb.1 is up again on port ${base}\nstopping web.2\nweb.2 is up again on port ${base + 1}\n`,
    );
    expect(restart.exitCode).toBe(0);
    expect(
      output()
        .match(/(web\.1|web\.2|db\.1|release\.1) started/g)
        ?.toSorted(),
    ).toEqual([
      "db.1 started",
      "release.1 started",
      ...["web.1 started", "web.1 started", "web.2 started", "web.2 started"],
    ]);
    expect((await fetch(`http://127.0.0.1:${base}/readyz`)).status).toBe(200);
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"] as const)(
    "leaves nothing behind when npm alone gets %s",
    async (signal) => {
      const { npm, base, closed, shows } = await startDev("web=1");
      await shows(/is listening on port/);
      // Not by their ids: on a busy machine those are soon reused.
      const ours = () => processesWith(`PORT=${base}`, `PORT=${base + 100}`);
      expect(ours().length).toBeGreaterThanOrEqual(3);
      npm.kill(signal);
      await closed;
      while (ours().length > 0) await delay(20);
    },
  );
});
