// The Procfile runner with real processes: what it starts and prints, and that it leaves nothing behind.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  freeBasePort,
  isAlive,
  startFormation,
  stopFormations,
  waitUntilGone,
  type Runner,
} from "../../formation/support";

/** A process with a child; both print their pid. */
const family = `sh -c 'echo parent=$$; sleep 600 & echo child=$!; wait'`;
const stubborn = `node -e "process.on('SIGTERM', () => console.log('no')); console.log('pid=' + process.pid); setInterval(() => {}, 1e6)"`;

afterEach(stopFormations);

async function pidOf(runner: Runner, name: string): Promise<number> {
  const [, pid] = await runner.waitFor(new RegExp(`\\b${name}=(\\d+)\n`));
  return Number(pid);
}

async function familyOf(runner: Runner): Promise<number[]> {
  return [await pidOf(runner, "parent"), await pidOf(runner, "child")];
}

describe("a formation", () => {
  it("gives each process its port and the ports of the others", async () => {
    const base = await freeBasePort();
    const service = `node -e "require('http').createServer((req, res) => res.end(process.env.ASKED)).listen(process.env.PORT, () => console.log('serving'))"`;
    const runner = await startFormation(
      [`web: ${service}`, `db: ${service}`],
      ["-p", String(base), "-m", "db=2"],
      { ".env": "ASKED='a b'\nPORT=1" },
    );
    for (const name of ["web.1", "db.1", "db.2"]) {
      await runner.waitFor(new RegExp(`${name} +\\| serving`));
    }
    for (const port of [base, base + 100, base + 101]) {
      expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("a b");
    }
  });

  it("gives all processes an id that differs from those of other folders", async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => {
        const runner = await startFormation([
          "release: echo release=$FORMATION_ID.",
          "web: echo web=$FORMATION_ID.; sleep 600",
        ]);
        const [, id] = await runner.waitFor(/release=(formation_\w+_[0-9a-f]{8})\.\n[^]*web=\1\./);
        return id;
      }),
    );
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("runs preflight, then release, then the rest, each only if the ones before succeeded", async () => {
    const lines = ["web: echo web", "release: sleep 0.1; echo release"];
    const good = await startFormation([...lines, "preflight: sleep 0.1; echo preflight"]);
    expect(await good.exited).toBe(0);
    expect(good.output()).toMatch(
      /preflight\.1 \| preflight\n[^]*release\.1 {3}\| release\n[^]*web\.1 {7}\| web\n/,
    );

    const unreleased = await startFormation(["web: echo web", "release: exit 3"]);
    expect(await unreleased.exited).toBe(3);
    expect(unreleased.output()).not.toContain("web.1");

    const unbuilt = await startFormation([...lines, "preflight: exit 4"]);
    expect(await unbuilt.exited).toBe(4);
    expect(unbuilt.output()).not.toMatch(/release\.1|web\.1/);
  });

  it("exits with the code of the process that exits first, and stops the others", async () => {
    const waiting = "web: until [ -e go ]; do sleep 0.02; done; exit 7";
    const runner = await startFormation([waiting, `db: ${family}`]);
    const pids = await familyOf(runner);
    writeFileSync(join(runner.directory, "go"), "");
    expect(await runner.exited).toBe(7);
    expect(pids.filter(isAlive)).toEqual([]);

    const killed = await startFormation(["web: kill -9 $$", "db: sleep 600"]);
    expect(await killed.exited).toBe(137);
  });

  it("stops what a process left behind when it exited", async () => {
    const runner = await startFormation(["web: sleep 600 & echo child=$!"]);
    const child = await pidOf(runner, "child");
    expect(await runner.exited).toBe(0);
    expect(isAlive(child)).toBe(false);
  });

  it("prints all of the last output, even an incomplete line", async () => {
    const runner = await startFormation([
      "web: head -c 3000000 /dev/zero | tr '\\0' x; printf 'Ende 🚢'",
    ]);
    expect(await runner.exited).toBe(0);
    expect(runner.output().replace(/[^x]/g, "").length).toBe(
      3_000_000 + "exited".match(/x/g)!.length,
    );
    expect(runner.output()).toContain("Ende 🚢\n");
  });

  it("prints the cure for a command that does not exist", async () => {
    const runner = await startFormation(["web: exec no-such-command", "db: sleep 600"]);
    expect(await runner.exited).toBe(127);
    expect(runner.output()).toMatch(/web\.1 +\| .*no-such-command.*not found\n/);
    expect(runner.output()).toContain(
      "web.1 exited with code 127: install its command, or correct its line\n",
    );
  });

  it("leaves the bind error of a port in use to the process itself", async () => {
    const base = await freeBasePort();
    const service = `node -e "require('http').createServer().listen(process.env.WEB_PORT, () => console.log('serving'))"`;
    const runner = await startFormation(
      [`web: ${service}`, `late: sleep 0.1; ${service}`],
      ["-p", `${base}`],
    );
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toContain("EADDRINUSE");
  });

  it.each([
    [["-m", "wbe=1"], /-m names "wbe"/],
    [["-f", "none"], /^cannot read none \(ENOENT\): choose another Procfile with -f\n$/],
    [["-f", "."], /^cannot read \. \(EISDIR\): choose another Procfile with -f\n$/],
    [["--env", "none"], /^none does not exist: choose another file with --env\n$/],
    [["--env", "."], /^\.: cannot be read: it is a folder\. Remove or rename it\n$/],
    [["--scale"], /Unknown option '--scale'[^]*Usage/],
  ])("rejects %j with exit code 1", async (args, message) => {
    const runner = await startFormation(["web: echo started"], args);
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toMatch(message);
    expect(runner.output()).not.toContain("started");
  });
});

describe("stopping a formation", () => {
  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("ends everything on %s, with exit code %i", async (signal, code) => {
    const runner = await startFormation([`web: ${family}`]);
    const pids = await familyOf(runner);
    runner.process.kill(signal);
    expect(await runner.exited).toBe(code);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("kills a process that ignores SIGTERM after the grace period", async () => {
    const runner = await startFormation([`web: ${stubborn}`]);
    const pid = await pidOf(runner, "pid");
    const startedAt = performance.now();
    runner.process.kill("SIGTERM");
    expect(await runner.exited).toBe(143);
    expect(performance.now() - startedAt).toBeGreaterThan(4500);
    expect(runner.output()).toContain("web.1  | no\n");
    expect(isAlive(pid)).toBe(false);
  });

  it("kills on a second Ctrl-C", async () => {
    const runner = await startFormation([`web: ${stubborn}`]);
    const pid = await pidOf(runner, "pid");
    runner.process.kill("SIGINT");
    await runner.waitFor(/\| no\n/);
    // SIGINT counts as the same Ctrl-C for 200 ms, and the runner does not print when that is over.
    const again = setInterval(() => runner.process.kill("SIGINT"), 50);
    expect(await runner.exited).toBe(130);
    clearInterval(again);
    expect(isAlive(pid)).toBe(false);
  });

  it("stops when its output is closed", async () => {
    const runner = await startFormation([
      `web: ${family}`,
      "chatty: while :; do echo x; sleep 0.02; done",
    ]);
    const pids = await familyOf(runner);
    runner.process.stdout?.destroy();
    const [code] = (await once(runner.process, "exit")) as [number];
    expect(code).toBe(141);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("leaves no process behind when the runner itself is killed", async () => {
    const runner = await startFormation([`web: ${family}`, `db: ${family.replaceAll("=", "2=")}`]);
    const pids = [
      ...(await familyOf(runner)),
      await pidOf(runner, "parent2"),
      await pidOf(runner, "child2"),
    ];
    runner.process.kill("SIGKILL");
    await Promise.all(pids.map(waitUntilGone));
  });
});
