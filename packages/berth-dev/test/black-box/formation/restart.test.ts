// The command `restart`: its effect on a running formation, its output and its exit code.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { berth } from "../../../src/cli-path";
import {
  freeBasePort,
  startFormation,
  startRunner,
  stopFormations,
  type Runner,
} from "../../formation/support";

afterEach(stopFormations);

/**
 * Responds with its VERSION; /slow is in flight until the file `respond` exists. It becomes ready some time after it listens;
 * `broken` does not start, `never` is never ready.
 */
const SERVER = `
const { existsSync, readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const version = readFileSync("VERSION", "utf8");
if (version === "broken") process.exit(3);
let isReady = false;
const slow = [];
const server = createServer((req, res) => {
  if (req.url === "/readyz") res.writeHead(isReady ? 200 : 503).end();
  else if (req.url === "/slow") slow.push(res);
  else if (req.url === "/crash") process.exit(9);
  else res.end(version);
});
server.listen(process.env.PORT, () => {
  console.log("listening with " + version);
  if (version !== "never") setTimeout(() => { isReady = true; console.log("ready with " + version) }, 300);
});
process.on("SIGTERM", () => {
  console.log("leaving");
  server.close();
  setInterval(() => existsSync("respond") && slow.splice(0).forEach((res) => res.end(version)), 20).unref();
});
`;
const web = "web: exec node app/server.js";
const reloading = `web: exec ${berth("reload").join(" ")} app/server.js`;
const files = { "app/server.js": SERVER, VERSION: "one" };

const save = ({ directory }: Runner, version: string) =>
  writeFileSync(join(directory, "VERSION"), version);
const respondToSlow = ({ directory }: Runner) => writeFileSync(join(directory, "respond"), "");
const restart = ({ directory }: Runner, ...args: string[]) =>
  startRunner(directory, ["restart", ...args]);

interface Formation {
  runner: Runner;
  base: number;
}

async function startWeb(count: number, ...others: string[]): Promise<Formation> {
  return startLines(count, [web, ...others]);
}

async function startLines(count: number, lines: string[]): Promise<Formation> {
  const base = await freeBasePort();
  const args = ["-p", String(base), "-m", `web=${count}`];
  const runner = await startFormation(lines, args, files);
  for (let number = 1; number <= count; number++) {
    await runner.waitFor(new RegExp(`web\\.${number} +\\| ready with one`));
  }
  return { runner, base };
}

async function ask(port: number, path = "/"): Promise<string> {
  const req = get({ host: "127.0.0.1", port, path, agent: false });
  const [res] = (await once(req, "response")) as [IncomingMessage];
  return text(res);
}

describe("restart", () => {
  it("restarts the instances of a type one by one, each once the one before is ready", async () => {
    const { runner, base } = await startWeb(2, "worker: sleep 600");
    save(runner, "two");
    const command = restart(runner, "web");
    expect(await command.exited).toBe(0);
    expect(command.output()).toBe(
      `stopping web.1\nweb.1 is up again on port ${base}\nstopping web.2\nweb.2 is up again on port ${base + 1}\n`,
    );
    expect(await Promise.all([ask(base), ask(base + 1)])).toEqual(["two", "two"]);
    expect(runner.output()).toMatch(
      /web\.1 +\| leaving\n[^]*web\.1 +\| ready with two\n[^]*web\.2 +\| leaving\n[^]*web\.2 +\| ready with two\n/,
    );
    expect(runner.output()).not.toContain("worker.1 ended");
  });

  it.each([
    ["itself", web],
    ["and reloads", reloading],
  ])(
    "breaks off no request of %s, and always leaves one instance that responds",
    async (_how, line) => {
      const { runner, base } = await startLines(2, [line]);
      const slow = Promise.all([ask(base, "/slow"), ask(base + 1, "/slow")]);
      // Both instances have a request before the first is stopped.
      await Promise.all([ask(base), ask(base + 1)]);
      save(runner, "two");
      const command = restart(runner, "web");
      void runner.waitFor(/leaving/).then(() => respondToSlow(runner));
      let isOver = false;
      void command.exited.then(() => (isOver = true));
      const versions: string[] = [];
      while (!isOver) {
        versions.push(await Promise.any([ask(base), ask(base + 1)]));
        await delay(5);
      }
      expect(await command.exited).toBe(0);
      expect(await slow).toEqual(["one", "one"]);
      expect(new Set(versions)).toEqual(new Set(["one", "two"]));
    },
  );

  it("restarts all types by default, except one-offs and those that others wait for", async () => {
    const { runner, base } = await startWeb(
      1,
      `db: exec node -e "require('net').createServer().listen(process.env.PORT)"`,
      "worker: : $DB_PORT; sleep 600",
      "release: true",
    );
    await runner.waitFor(/worker\.1 started/);
    const all = restart(runner);
    expect(await all.exited).toBe(0);
    expect(all.output()).toBe(
      `stopping web.1: nothing listens on port ${base} until it is back\nweb.1 is up again on port ${base}\n` +
        "stopping worker.1\nworker.1 is up again\n",
    );
    const db = restart(runner, "db");
    expect(await db.exited).toBe(0);
    expect(db.output()).toContain(`db.1 is up again on port ${base + 100}\n`);
    expect(
      runner
        .output()
        .match(/(release|worker|db)\.1 started/g)
        ?.toSorted(),
    ).toEqual([
      "db.1 started",
      "db.1 started",
      "release.1 started",
      "worker.1 started",
      "worker.1 started",
    ]);
  });

  it("stops at an instance that does not come up, keeps the formation, and tries it again next time", async () => {
    const { runner, base } = await startWeb(2);
    save(runner, "broken");
    const failed = restart(runner, "web");
    expect(await failed.exited).toBe(1);
    expect(failed.output()).toBe(
      "stopping web.1\nweb.1 exited with code 3 before it was up; not restarted: web.2\n",
    );
    expect(await ask(base + 1)).toBe("one");
    expect(runner.output()).toContain(
      "| web.1 stays stopped until the next restart, or until .env changes\n",
    );

    save(runner, "two");
    const repaired = restart(runner, "web");
    expect(await repaired.exited).toBe(0);
    expect(await Promise.all([ask(base), ask(base + 1)])).toEqual(["two", "two"]);
    runner.process.kill("SIGINT");
    expect(await runner.exited).toBe(130);
  });

  it("waits for an instance that runs but never becomes ready, until the client disconnects", async () => {
    const { runner, base } = await startWeb(2);
    save(runner, "never");
    const given = restart(runner, "web");
    await runner.waitFor(/listening with never/);
    given.process.kill("SIGINT");
    await runner.waitFor(
      /the restart failed: the client disconnected before web\.1 was up; not restarted: web\.2\n/,
    );
    expect(await ask(base + 1)).toBe("one");
  });

  it("kills what does not stop in time, and says so", async () => {
    const runner = await startFormation([
      `web: if mkdir first; then trap : TERM; echo deaf; while :; do sleep 0.1; done; fi; exec sleep 600`,
    ]);
    await runner.waitFor(/\| deaf/);
    const command = restart(runner);
    expect(await command.exited).toBe(0);
    expect(command.output()).toContain(
      "web.1 did not stop in time and was killed, with its requests in flight\n",
    );
    expect(runner.output()).toContain("web.1 ended by SIGKILL");
  });

  it("is rejected while another restart is in progress", async () => {
    const { runner } = await startWeb(2);
    save(runner, "never");
    const first = restart(runner, "web");
    await runner.waitFor(/listening with never/);
    const second = restart(runner, "web");
    expect(await second.exited).toBe(1);
    expect(second.output()).toBe("another restart is in progress: wait until it ends\n");
    expect(runner.output().match(/web\.1 started/g)).toHaveLength(2);
    first.process.kill("SIGINT");
    await runner.waitFor(/the restart failed/);
    save(runner, "two");
    expect(await restart(runner, "web").exited).toBe(0);
  });

  it("is rejected while an instance has not been started yet", async () => {
    const runner = await startFormation([
      "web: sleep 600",
      "release: until [ -e go ]; do sleep 0.02; done",
    ]);
    await runner.waitFor(/release\.1 started/);
    const early = restart(runner);
    expect(await early.exited).toBe(1);
    expect(early.output()).toBe("web.1 has not been started yet: wait until it is\n");
    writeFileSync(join(runner.directory, "go"), "");
    await runner.waitFor(/web\.1 started/);
    expect(await restart(runner).exited).toBe(0);
  });

  it("is cancelled by a change of .env, which restarts everything", async () => {
    const { runner, base } = await startWeb(2);
    save(runner, "never");
    const command = restart(runner, "web");
    await runner.waitFor(/listening with never/);
    save(runner, "two");
    writeFileSync(join(runner.directory, ".env"), "CHANGED=1");
    expect(await command.exited).toBe(1);
    expect(command.output()).toMatch(
      /\n\.env has changed, which restarts the formation; not restarted: web\.2\n$/,
    );
    await runner.waitFor(/web\.1 +\| ready with two/);
    await runner.waitFor(/web\.2 +\| ready with two/);
    expect(await Promise.all([ask(base), ask(base + 1)])).toEqual(["two", "two"]);
    expect(await restart(runner).exited).toBe(0);
  });

  it.each(["stopping", "starting"])(
    "ends with the formation, while an instance is %s",
    async (what) => {
      const { runner, base } = await startWeb(2);
      const slow = ask(base, "/slow");
      if (what === "starting") save(runner, "never");
      const command = restart(runner, "web");
      await runner.waitFor(/leaving/);
      if (what === "starting") {
        respondToSlow(runner);
        await runner.waitFor(/listening with never/);
      }
      runner.process.kill("SIGINT");
      await runner.waitFor(/web\.2 +\| leaving/);
      respondToSlow(runner);
      expect(await runner.exited).toBe(130);
      expect(await command.exited).toBe(1);
      expect(command.output()).toMatch(/\nthe formation (has )?ended.*\n$/);
      expect(await slow).toBe("one");
      await expect(ask(base)).rejects.toThrow("ECONNREFUSED");
      expect(runner.output().match(/web\.1 started/g)).toHaveLength(what === "starting" ? 2 : 1);
    },
  );

  it("treats the exit of an instance that came up like any other exit", async () => {
    const { runner, base } = await startWeb(1);
    expect(await restart(runner).exited).toBe(0);
    await expect(ask(base, "/crash")).rejects.toThrow();
    expect(await runner.exited).toBe(9);
  });
});
