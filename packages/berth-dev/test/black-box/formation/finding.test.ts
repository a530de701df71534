// How the command `restart` finds its formation.
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formationId } from "../../../src/formation/formation-id";
import { freeBasePort, startFormation, startRunner, stopFormations } from "../../formation/support";

/** The folder of the sockets in some tests. */
let TMPDIR: string;
beforeEach(() => (TMPDIR = mkdtempSync(join(tmpdir(), "sockets-"))));
afterEach(async () => {
  await stopFormations();
  rmSync(TMPDIR, { recursive: true, force: true });
});

const lines = ["web: echo running; exec sleep 600", "db: echo running; exec sleep 600"];

/** Starts a formation in a new folder. */
async function start(...args: string[]) {
  const runner = await startFormation(lines, args);
  await runner.waitFor(/\| running/);
  return runner;
}

/** Starts another formation in the same folder. */
async function startBeside({ directory }: { directory: string }, args: string[], env = {}) {
  const runner = startRunner(directory, args, env);
  await runner.waitFor(/\| running/);
  return runner;
}

/** The output and exit code of `restart` in that folder. */
async function restart({ directory }: { directory: string }, args: string[] = [], env = {}) {
  const command = startRunner(directory, ["restart", ...args], env);
  return { code: await command.exited, output: command.output() };
}

describe("restart, looking for its formation", () => {
  it("ignores formations of other folders", async () => {
    const other = await start();
    const here = await start();
    here.process.kill("SIGTERM");
    await here.exited;
    expect(await restart(here)).toEqual({
      code: 1,
      output: `no formation of ${here.directory} is running: start it, or run this in its folder\n`,
    });
    expect(other.output()).not.toContain("stopping");
  });

  it("asks for the first port if several run, and uses the one with that port", async () => {
    const first = await start();
    const port = String(await freeBasePort());
    const second = await startBeside(first, ["-p", port]);
    const asked = await restart(first, ["web"]);
    expect(asked.code).toBe(1);
    expect(asked.output).toMatch(
      new RegExp(
        `^formations of ${first.directory} run on ports \\d+ and \\d+: choose one with -p\n$`,
      ),
    );
    expect(asked.output).toContain(` ${port}`);
    expect((await restart(first, ["web", "-p", port])).code).toBe(0);
    expect(second.output()).toContain("web.1 is up again");
    expect(first.output()).not.toContain("stopping");
  });

  it("ignores the socket of a killed formation", async () => {
    const port = String(await freeBasePort());
    const killed = await start("-p", port, "-m", "db=0");
    killed.process.kill("SIGKILL");
    await killed.exited;
    expect((await restart(killed)).output).toContain("no formation");
    await startBeside(killed, ["-p", port, "-m", "web=0"]);
    expect((await restart(killed, ["db"])).code).toBe(0);
  });

  it("does not replace the socket of a running formation with the same first port, and says so", async () => {
    const port = String(await freeBasePort());
    const first = await start("-p", port, "-m", "db=0");
    const second = await startBeside(first, ["-p", port, "-m", "web=0"]);
    await second.waitFor(
      /the restart command cannot reach this formation: another formation of this folder has the same first port\n/,
    );
    expect((await restart(first, ["web"])).code).toBe(0);
    expect((await restart(first, ["db"])).output).toBe(
      'no process of type "db" is running: restart takes web\n',
    );
  });

  it("finds no formation without a socket, or with one accessible to other users, and the formation says so", async () => {
    const open = join(TMPDIR, `formations-${process.getuid?.()}`);
    mkdirSync(open);
    chmodSync(open, 0o777);
    const long = join(TMPDIR, "long".repeat(30));
    mkdirSync(long);
    const first = await start();
    for (const [folder, why] of [
      [TMPDIR, `${open} is accessible to other users: remove it, or choose another TMPDIR`],
      [long, "is too long for a Unix socket: choose a shorter TMPDIR"],
    ] as const) {
      const env = { TMPDIR: folder };
      const second = await startBeside(first, ["-p", String(await freeBasePort())], env);
      await second.waitFor(/the restart command cannot reach this formation: .*\n/);
      expect(second.output()).toContain(`${why}\n`);
      const expected = folder === long ? "no formation" : `${why}\n`;
      expect((await restart(first, [], env)).output).toContain(expected);
    }
  });

  it("does not trust a folder that other users can write to", async () => {
    const { directory, impostor } = await startImpostor({ done: true });
    const folder = join(TMPDIR, `formations-${process.getuid?.()}`);
    chmodSync(folder, 0o722);
    expect(await restart({ directory }, [], { TMPDIR })).toEqual({
      code: 1,
      output: `${folder} is accessible to other users: remove it, or choose another TMPDIR\n`,
    });
    expect(impostor.wasAsked).toBe(false);
  });

  it.each(["say", "failed"])(
    "removes control characters from %s before printing it",
    async (as) => {
      const { directory } = await startImpostor({
        [as]: "\u001b]0;title\u0007 web.1\u009b2J\r\n is up",
      });
      const { output } = await restart({ directory }, [], { TMPDIR });
      expect(output).toContain("]0;title web.12J is up\n");
      expect(output).not.toMatch(/[^\P{Cc}\n]/u);
    },
  );
});

const impostors: Server[] = [];
afterEach(() => impostors.splice(0).forEach((server) => server.close()));

/** Listens on the socket of a new folder's formation, and responds to each request with this line. */
async function startImpostor(line: object) {
  const directory = join(TMPDIR, "here");
  mkdirSync(directory);
  const impostor = { wasAsked: false };
  const server = createServer((socket) => {
    impostor.wasAsked = true;
    socket.on("error", () => {}).once("data", () => socket.end(`${JSON.stringify(line)}\n`));
  });
  impostors.push(server);
  const folder = join(TMPDIR, `formations-${process.getuid?.()}`);
  mkdirSync(folder, { mode: 0o700 });
  server.listen(join(folder, `${formationId(directory).slice(-8)}-1.sock`));
  await once(server, "listening");
  return { directory, impostor };
}
