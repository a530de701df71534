// The router of a formation: its routes, its output, and requests while instances are restarted.
import { once } from "node:events";
import { createServer } from "node:net";
import { ask } from "../../router/support";
import {
  freeBasePort,
  startFormation,
  startRunner,
  stopFormations,
  type Runner,
} from "../../formation/support";

afterEach(stopFormations);

/** Responds with its port, its TRUST_PROXY and the number of its start. Takes 300 ms to become ready, and as long to drain. */
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
  /** The router's port. */
  port: number;
}

async function startRouted(lines: string[], args: string[] = [], more = {}): Promise<Routed> {
  const base = await freeBasePort();
  // The last of the free ports; no second instance uses it.
  const port = base + 101;
  const ports = ["-p", `${base}`, "--router", `${port}`];
  const runner = await startFormation(lines, [...ports, ...args], { ...files, ...more });
  await runner.waitFor(/router on .*\n/);
  return { runner, base, port };
}

describe("a formation with --router", () => {
  it("prints its URL, sends requests to each instance, and sets TRUST_PROXY", async () => {
    const { runner, base, port } = await startRouted([web, "db: sleep 600"], ["-m", "web=2"]);
    expect(runner.output()).toMatch(
      new RegExp(`^system \\| router on http://localhost:${port} → web\\.1, web\\.2\n`, "m"),
    );
    // Waits until one is ready.
    const seen = new Set<string>();
    while (seen.size < 2) {
      const { status, text } = await ask(port);
      expect(status).toBe(200);
      seen.add(text.replace(/ \d+$/, ""));
    }
    expect([...seen].toSorted()).toEqual([`${base} 1`, `${base + 1} 1`]);
    expect(runner.output()).not.toContain("router responded");
  });

  it("routes host names to process types, and does not override TRUST_PROXY", async () => {
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

  it.each([1, 2])("drops no request while its %d instances are restarted", async (count) => {
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
    expect(runner.output()).not.toContain("router responded");
  });

  it("stops last, after the requests in flight", async () => {
    const { runner, port } = await startRouted([web]);
    const slow = ask(port, "/slow");
    await runner.waitFor(/working/);
    runner.process.kill("SIGTERM");
    expect((await slow).text).toBe("slow");
    expect(await runner.exited).toBe(143);
    await expect(ask(port)).rejects.toThrow("ECONNREFUSED");
  });

  it("starts nothing when the router's port is in use, and names the process that has it and the cure", async () => {
    const taken = createServer().listen(0);
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const runner = await startFormation([web], ["--router", `${port}`], files);
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toMatch(
      new RegExp(
        `^port ${port} of the router is in use by process ${process.pid} \\(.+\\): stop it, or choose another one with --router\n$`,
      ),
    );
    taken.close();
  });

  it("exits with 1 and one line if it cannot be planned", async () => {
    const runner = await startFormation(["a: sleep 600", "b: sleep 600"], ["--router", "1"], files);
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toBe(
      "--router routes to web, which is not in the Procfile: add --host localhost=TYPE, one of a, b\n",
    );
  });

  it("routes to the only type if there is no type web", async () => {
    const { port } = await startRouted([web.replace("web", "api")]);
    expect((await ask(port)).status).toBe(200);
  });
});
