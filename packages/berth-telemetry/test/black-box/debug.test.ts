// Who may look inside a real process, and what its state shows.
import { connectRaw, fetchAlone, problem, recordLoadedFiles, stopProcesses } from "berth/testing";
import { ask, DEBUG_TOKEN, startDebugged, stateOf } from "../support/debug";
import { TOKEN } from "../support/observed";
import { launch, startService } from "../support/server";

afterEach(stopProcesses);

const PATHS = ["state", "cpu-profile", "heap-profile", "heap-snapshot"];

describe("DEBUG_TOKEN", () => {
  it("is what there is something for: without it, nothing is loaded, and the paths are unknown", async () => {
    const record = recordLoadedFiles();
    const server = await startService(record.env);
    for (const path of PATHS) {
      const res = await ask(server.url, path);
      expect([res.status, await res.json()]).toEqual([
        404,
        problem(404, "Not Found", { detail: "There is nothing at this path." }),
      ]);
    }
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(record.read().filter((file) => /telemetry.*debug/.test(file))).toEqual([]);
  });

  it.each(PATHS)("has to be sent for %s", async (path) => {
    const server = await startDebugged();
    for (const token of ["", TOKEN, `${DEBUG_TOKEN}0`]) {
      const res = await ask(server.url, path, { token });
      expect([res.status, res.headers.get("www-authenticate"), await res.json()]).toEqual([
        401,
        "Bearer",
        problem(401, "Unauthorized", { detail: "Send the token of DEBUG_TOKEN." }),
      ]);
    }
  });

  it.each([
    ["", "expected 16 ASCII characters or more"],
    ["short", "expected 16 ASCII characters or more"],
    ["the-same-0123456789", "expected a token other than METRICS_TOKEN"],
  ])("ends the start if it is %j", async (token, told) => {
    const server = launch({ DEBUG_TOKEN: token, METRICS_TOKEN: "the-same-0123456789" });
    expect(await server.exit).toBe(1);
    expect(server.stderr()).toContain(`DEBUG_TOKEN: ${told}`);
    expect(server.stderr()).not.toContain("the-same");
  });
});

it.each([
  ["state?seconds=1", "Unknown parameter. The parameters are worker."],
  ["cpu-profile?second=1", "Unknown parameter. The parameters are worker, seconds."],
  ["cpu-profile?seconds=61", "seconds must be a whole number from 1 to 60."],
  ["cpu-profile?seconds=1e1", "seconds must be a whole number from 1 to 60."],
  ["heap-snapshot?max-mb=", "max-mb must be a whole number from 1 to 1000000."],
])("responds 400 to %s", async (path, detail) => {
  const server = await startDebugged();
  const res = await ask(server.url, path);
  expect([res.status, await res.json()]).toEqual([400, problem(400, "Bad Request", { detail })]);
});

it("captures nothing for HEAD", async () => {
  const server = await startDebugged();
  const headers = { Authorization: `Bearer ${DEBUG_TOKEN}`, Connection: "close" };
  for (const path of PATHS) {
    const res = await fetch(`${server.url}/debug/${path}`, { method: "HEAD", headers });
    expect(res.status).toBe(200);
  }
  expect(server.lines.filter((line) => line.includes("taking a"))).toEqual([]);
});

describe("GET /debug/state", () => {
  it("has the slowest routes by their pattern, and what is in flight", async () => {
    const server = await startDebugged();
    const held = fetchAlone(`${server.url}/hold/1`);
    while ((await stateOf(server.url)).processes[0]!.requestsInFlight.count < 2);
    for (const id of [1, 2, 3]) await fetchAlone(`${server.url}/boats/${id}`);
    await fetchAlone(`${server.url}/nothing/here`);
    // It began later and so was faster than what it releases.
    await fetchAlone(`${server.url}/release`);
    expect((await held).status).toBe(200);

    const { processes, missing } = await stateOf(server.url);
    const [{ pid, slowestRoutes } = { pid: 0, slowestRoutes: [] }] = processes;
    expect([pid, missing]).toEqual([server.child.pid, []]);
    expect(slowestRoutes[0]).toMatchObject({ route: "GET /hold/:id", count: 1 });
    expect(Object.fromEntries(slowestRoutes.map(({ route, count }) => [route, count]))).toEqual({
      "GET /hold/:id": 1,
      "GET /boats/:id": 3,
      "GET (no route)": 1,
      "GET /release": 1,
    });
    const boats = slowestRoutes.find(({ route }) => route === "GET /boats/:id")!;
    expect(boats.p50Ms).toBeLessThanOrEqual(boats.p99Ms);
    expect(boats.p99Ms).toBeLessThanOrEqual(boats.maxMs);
  });

  it("has the delay of the event loop, memory, resources and sockets with their peers", async () => {
    const server = await startDebugged();
    const client = await connectRaw(server.port);
    await fetchAlone(`${server.url}/spin/300`);
    const [state] = (await stateOf(server.url)).processes;
    expect(state!.eventLoopDelay.maxMs).toBeGreaterThan(250);
    expect(state!.memoryBytes.rss).toBeGreaterThan(10_000_000);
    expect(state!.memoryBytes.heapUsed).toBeLessThan(state!.memoryBytes.heapLimit!);
    // This request's, and the client's.
    expect(state!.activeResources.TCPSocketWrap).toBeGreaterThanOrEqual(2);
    const [group] = state!.sockets;
    expect(group).toMatchObject({ kind: "incoming", peer: "127.0.0.1", port: server.port });
    expect(group!.count).toBeGreaterThanOrEqual(2);
    expect(server.stderr()).toBe("");
    client.socket.destroy();
  });
});
