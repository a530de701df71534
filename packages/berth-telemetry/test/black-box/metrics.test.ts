// The metrics of real processes: one, and several behind one port.
import { Agent, get } from "node:http";
import { fetchAlone, stopProcesses, type TestServer } from "berth/testing";
import { TOKEN } from "../support/observed";
import { launch, metric, metricsUrl, startService, sum } from "../support/server";

afterEach(stopProcesses);

const COUNT = "http_server_request_duration_seconds_count";

/** Sends GET requests over a few connections; resolves when all have their response. */
async function sendAll(url: string, paths: readonly string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const ask = (path: string) =>
    new Promise<void>((resolve, reject) => {
      get(url + path, { agent }, (res) => void res.resume().once("end", resolve)).once(
        "error",
        reject,
      );
    });
  await Promise.all(paths.map(ask));
  agent.destroy();
}

/** How many workers the metrics are of. */
const serving = async (server: TestServer): Promise<number> =>
  sum(await metric(server.url, "berth_workers"));

it("has as many series after 10,000 random paths as after one", async () => {
  const server = await startService();
  await sendAll(server.url, ["/none", "/boats/1"]);
  // Twice: garbage collection and the route of the metrics have series of their own.
  await metric(server.url, "");
  const before = (await metric(server.url, "http_")).length;
  await sendAll(
    server.url,
    Array.from({ length: 10_000 }, (_, i) => `/${i % 2 ? "boats/" : ""}${i.toString(36)}x`),
  );
  const after = await metric(server.url, "http_");
  expect(after).toHaveLength(before);
  expect(sum(after.filter((line) => line.startsWith(COUNT)))).toBeGreaterThanOrEqual(10_002);
});

describe("METRICS_PORT", () => {
  it("has the metrics, which PORT then has not, until the drain is over", async () => {
    const server = await startService({ METRICS_PORT: "0", DRAIN_DELAY_MS: "400" });
    const url = await metricsUrl(server);
    expect((await fetchAlone(`${server.url}/metrics`)).status).toBe(404);
    expect((await fetchAlone(`${url}/metrics`)).status).toBe(401);
    expect((await fetchAlone(`${url}/other`)).status).toBe(404);
    expect(await metric(url, "berth_draining")).toEqual(["berth_draining 0"]);
    server.child.kill("SIGTERM");
    await server.line(/SIGTERM received/);
    while ((await metric(url, "berth_draining"))[0] !== "berth_draining 1");
    expect(await server.exit).toBe(0);
  });

  it("needs no token, and may not be PORT", async () => {
    const open = launch({ METRICS_PORT: "0" });
    expect((await fetchAlone(`${await metricsUrl(open)}/metrics`)).status).toBe(200);
    const wrong = launch({ PORT: "4711", METRICS_PORT: "4711" });
    expect(await wrong.exit).toBe(1);
    expect(wrong.stderr()).toBe(
      'Invalid environment variables:\nMETRICS_PORT: expected a port other than PORT; got "4711". Correct it\n',
    );
  });

  it("ends the start with the cure if it is in use", async () => {
    const first = launch({ METRICS_PORT: "0" });
    const taken = new URL(await metricsUrl(first)).port;
    const second = launch({ METRICS_PORT: taken });
    await second.line(
      new RegExp(
        `Port ${taken} is already in use: stop the process that listens on it, or choose another METRICS_PORT`,
      ),
    );
    expect(await second.exit).toBe(1);
  });
});

it("serves the metrics on PORT while it drains, and refuses an empty METRICS_TOKEN at the start", async () => {
  const server = await startService({ DRAIN_DELAY_MS: "5000" });
  server.child.kill("SIGTERM");
  await server.line(/SIGTERM received/);
  while ((await metric(server.url, "berth_draining"))[0] !== "berth_draining 1");
  const empty = launch({ METRICS_TOKEN: "" });
  expect(await empty.exit).toBe(1);
  expect(empty.stderr()).toMatch(
    /^Invalid environment variables:\nMETRICS_TOKEN: expected 8 ASCII/,
  );
});

describe("with workers", () => {
  it("is one response for all of them, which loses nothing that replaced or killed ones have counted", async () => {
    const server = await startService({ WEB_CONCURRENCY: "2" });
    while ((await serving(server)) < 2);
    const boats = async () =>
      sum((await metric(server.url, COUNT)).filter((line) => line.includes("/boats/:id")));
    await sendAll(
      server.url,
      Array.from({ length: 200 }, (_, i) => `/boats/${i}`),
    );
    expect(await boats()).toBe(200);

    server.child.kill("SIGHUP");
    await server.line(/all workers are replaced/);
    expect(await boats()).toBe(200);

    const { pid } = (await (await fetchAlone(`${server.url}/boats/1`)).json()) as { pid: number };
    expect(await boats()).toBe(201);
    process.kill(pid, "SIGKILL");
    await server.line(/worker \d+ replaces worker/);
    expect(await boats()).toBe(201);
  });

  it("has all that draining workers have counted, whichever of them responds", async () => {
    const server = await startService({ WEB_CONCURRENCY: "2", DRAIN_DELAY_MS: "5000" });
    while ((await serving(server)) < 2);
    await sendAll(server.url, Array(100).fill("/boats/1"));
    server.child.kill("SIGTERM");
    await server.line(/SIGTERM received/);
    while ((await metric(server.url, "berth_draining"))[0] !== "berth_draining 2");
    const boats = (await metric(server.url, COUNT)).filter((line) => line.includes("/boats/:id"));
    expect(sum(boats)).toBe(100);
    expect(await serving(server)).toBe(2);
  });

  it("responds without a worker that is blocked, says which, and keeps its counts", async () => {
    const server = await startService({ WEB_CONCURRENCY: "2", METRICS_PORT: "0" });
    const url = await metricsUrl(server);
    while (sum(await metric(url, "berth_workers")) < 2);
    await sendAll(
      server.url,
      Array.from({ length: 100 }, (_, i) => `/boats/${i}`),
    );
    const boats = async () =>
      sum((await metric(url, COUNT)).filter((text) => text.includes("/boats/:id")));
    expect(await boats()).toBe(100);

    const blocked = await fetch(`${server.url}/block/600000`);
    expect(blocked.status).toBe(200);
    const missing = async () => metric(url, "berth_worker_missing");
    while ((await missing()).length === 0);
    expect(await missing()).toEqual([
      expect.stringMatching(/^berth_worker_missing\{worker="[12]"\} 1$/),
    ]);
    expect(await metric(url, "berth_workers")).toEqual(["berth_workers 1"]);
    expect(await boats()).toBe(100);

    // One that is aborted while it waits for that worker takes nothing from another one.
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const aborted = get(`${url}/metrics`, { headers, agent: false }).on("error", () => undefined);
    await new Promise((resolve) => aborted.once("finish", resolve));
    const other = boats();
    aborted.destroy();
    expect(await other).toBe(100);
    void blocked.body?.cancel().catch(() => undefined);
  });
});
