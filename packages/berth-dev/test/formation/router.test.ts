// The router of a formation: where it leads, what it says, and what happens to requests while instances come and go.
import { once } from "node:events";
import { createServer } from "node:net";
import { ask } from "../router/support";
import { freeBasePort, startFormation, startRunner, stopFormations, type Runner } from "./support";

afterEach(stopFormations);

/** Answers with its port, its trust in proxies and its start's number; takes 300 ms to be ready, and drains as long. */
const SERVER = `
const { createServer } = require("node:http");
const { PORT, TRUST_PROXY } = process.env;
let isReady = false;
const server = createServer((req, res) => {
  if (req.url === "/readyz") return res.writeHead(isReady ? 200 : 503).end();
  if (req.url === "/slow") return setTimeout(() => res.end("slow"), 500), console.log("working");
  res.end(PORT + " " + TRUST_PROXY + " " + process.pid);
});
server.listen(PORT, () => setTimeout(() => (isReady = true), 300));
process.on("SIGTERM", () => server.close());
`;
const web = "web: exec node server.js";
const files = { "server.js": SERVER };

interface Routed {
  runner: Runner;
  base: number;
  /** The router's. */
  port: number;
}

async function startRouted(lines: string[], args: string[] = [], more = {}): Promise<Routed> {
  const base = await freeBasePort();
  // The last of those that are free, and of a process type that is not started twice.
  const port = base + 101;
  const ports = ["-p", `${base}`, "--router", `${port}`];
  const runner = await startFormation(lines, [...ports, ...args], { ...files, ...more });
  await runner.waitFor(/router on .*\n/);
  return { runner, base, port };
}

describe("a formation with --router", () => {
  it("says where it is, sends requests to each instance, and tells them to believe it", async () => {
    const { runner, base, port } = await startRouted([web, "db: sleep 600"], ["-m", "web=2"]);
    expect(runner.output()).toMatch(
      new RegExp(`^system \\| router on http://localhost:${port} → web\\.1, web\\.2\n`, "m"),
    );
    // Held until one is ready.
    const seen = new Set<string>();
    while (seen.size < 2) {
      const { status, text } = await ask(port);
      expect(status).toBe(200);
      seen.add(text.replace(/ \d+$/, ""));
    }
    expect([...seen].toSorted()).toEqual([`${base} 1`, `${base + 1} 1`]);
    expect(runner.output()).not.toContain("router answered");
  });

  it("leads host names to process types, and leaves TRUST_PROXY to who sets it", async () => {
    const { runner, port } = await startRouted(
      [web, "api: exec node server.js"],
      ["--host", "a.localhost=web", "--host", "b.localhost=api"],
      { ".env": "TRUST_PROXY=2" },
    );
    await runner.waitFor(
      new RegExp(
        `router on http://a\\.localhost:${port} → web\\.1\n[^]*http://b\\.localhost:${port} → api\\.1\n`,
      ),
    );
    const to = async (Host: string) =>
      (await ask(port, "/", { headers: { Host } })).text.split(" ");
    const [[a, trust], [b]] = [await to("a.localhost"), await to("b.localhost")];
    expect([Number(b) - Number(a), trust]).toEqual([100, "2"]);
    expect((await ask(port)).status).toBe(404);
  });

  it.each([1, 2])("drops nothing while its %d instances are restarted", async (count) => {
    const { runner, port } = await startRouted([web], ["-m", `web=${count}`]);
    const pids = new Set<string>();
    while (pids.size < count) pids.add((await ask(port)).text);
    const restart = startRunner(runner.directory, ["restart"]);
    let isOver = false;
    void restart.exited.then(() => (isOver = true));
    const clients = ["GET", "POST", "GET", "POST"].map(async (method) => {
      while (!isOver) {
        const { status, text } = await ask(port, "/", { method });
        expect(status).toBe(200);
        pids.add(text);
      }
    });
    await Promise.all(clients);
    expect(await restart.exited).toBe(0);
    while (pids.size < 2 * count) pids.add((await ask(port)).text);
    expect(runner.output()).not.toContain("router answered");
  });

  it("stops last, with what was in flight", async () => {
    const { runner, port } = await startRouted([web]);
    const slow = ask(port, "/slow");
    await runner.waitFor(/working/);
    runner.process.kill("SIGTERM");
    expect((await slow).text).toBe("slow");
    expect(await runner.exited).toBe(143);
    await expect(ask(port)).rejects.toThrow("ECONNREFUSED");
  });

  it("starts nothing when the router's port is taken, and names who has it and the cure", async () => {
    const taken = createServer().listen(0);
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const runner = await startFormation([web], ["--router", `${port}`], files);
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toMatch(
      new RegExp(
        `^port ${port} of the router is taken by process ${process.pid} \\(.+\\): stop it, or choose another one with --router\n$`,
      ),
    );
    taken.close();
  });

  it.each([
    [["--router", "abc"], '--router must be a whole number from 1 to 65535, not "abc"'],
    [["--router", "0"], '--router must be a whole number from 1 to 65535, not "0"'],
    [["--router", "70000"], '--router must be a whole number from 1 to 65535, not "70000"'],
    [["--router", "1", "-p", "1"], "--router 1 is the port of web.1: choose another one"],
    [["--host", "a=web"], "--host is for a router: add --router PORT"],
    [["--router", "1", "--host", "a=b"], '--host names "b", but the Procfile has only web, db'],
    [["--router", "1", "--host", "a"], '--host takes NAME=TYPE, as app.localhost=web, not "a"'],
    [
      ["--router", "1", "--host", "a:1=web"],
      '--host takes NAME=TYPE, as app.localhost=web, not "a:1=web"',
    ],
    [["--router", "1", "--host", "a=web", "--host", "A=db"], "--host has a twice: leave one out"],
    [
      ["--router", "1", "-m", "web=0"],
      "--router leads to web, of which -m starts none: raise its count",
    ],
  ])("ends with 1 and one line for %j", async (args, line) => {
    const runner = await startFormation([web, "db: sleep 600"], args, files);
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toBe(`${line}\n`);
  });

  it("needs to be told when nothing is called web and there are several", async () => {
    const runner = await startFormation(["a: sleep 600", "b: sleep 600"], ["--router", "1"], files);
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toBe(
      "--router leads to web, which the Procfile has not: add --host localhost=TYPE, one of a, b\n",
    );
  });

  it("leads to the only type when nothing is called web", async () => {
    const { port } = await startRouted([web.replace("web", "api")]);
    expect((await ask(port)).status).toBe(200);
  });
});
