// The inside of several processes behind one port.
import { fetchAlone, problem, stopProcesses } from "berth/testing";
import { ask, objectsOf, profileOf, PROFILING, startDebugged, stateOf } from "../support/debug";
import { metricsUrl } from "../support/server";

afterEach(stopProcesses);

describe("with workers", () => {
  const start = async (env: Record<string, string> = {}) => {
    const server = await startDebugged({ WEB_CONCURRENCY: "2", ...env });
    const url = env.METRICS_PORT === undefined ? server.url : await metricsUrl(server);
    while ((await stateOf(url)).processes.length < 2);
    return { server, url };
  };

  it("has the state of each, and captures of the one that is named", async () => {
    const { url } = await start();
    const { processes } = await stateOf(url);
    expect(processes.map(({ worker }) => worker).sort()).toEqual([1, 2]);
    expect(new Set(processes.map(({ pid }) => pid)).size).toBe(2);
    expect((await stateOf(url, "?worker=2")).processes.map(({ worker }) => worker)).toEqual([2]);

    for (const worker of [1, 2]) {
      // Whichever worker responds.
      const res = await ask(url, `heap-snapshot?worker=${worker}`);
      expect(res.status).toBe(200);
      expect(res.headers.get("content-disposition")).toContain(`-worker-${worker}-`);
      expect(objectsOf(await res.text(), "Barnacle")).toBe(0);
    }
    const unnamed = await ask(url, "cpu-profile");
    expect([unnamed.status, await unnamed.json()]).toEqual([
      400,
      problem(400, "Bad Request", {
        detail: expect.stringMatching(
          /^Choose one of the workers [12], [12], as in \?worker=[12]\.$/,
        ) as string,
      }),
    ]);
    const unknown = await ask(url, "cpu-profile?worker=9");
    expect(unknown.status).toBe(404);
  });

  it("are asked through METRICS_PORT, where one that is blocked is named", async () => {
    const { server, url } = await start({ METRICS_PORT: "0" });
    expect((await ask(server.url, "state")).status).toBe(404);
    const { processes } = await stateOf(url);
    const boat = (await (await fetchAlone(`${server.url}/boats/1`)).json()) as { pid: number };
    expect(processes.map(({ pid }) => pid)).toContain(boat.pid);

    const profiling = ask(url, "cpu-profile?seconds=60&worker=1");
    const line = JSON.parse(await server.line(PROFILING)) as { worker: number };
    expect(line.worker).toBe(1);
    expect((await ask(url, "heap-snapshot?worker=2")).status).toBe(409);
    const blocked = await fetch(`${server.url}/block/600000`);
    let missing: number[];
    do ({ missing } = await stateOf(url));
    while (missing.length === 0);
    expect([[1], [2]]).toContainEqual(missing);
    void blocked.body?.cancel().catch(() => undefined);
    void profiling.catch(() => undefined);
  });

  it("ends a profile early when its worker is replaced, or all drain", async () => {
    const { server, url } = await start();
    const first = ask(url, "cpu-profile?seconds=60&worker=1");
    await server.line(PROFILING);
    server.child.kill("SIGHUP");
    await profileOf(await first);
    await server.line(/all workers are replaced/);
    const [state] = (await stateOf(url)).processes;
    const second = ask(url, `cpu-profile?seconds=59&worker=${state!.worker}`);
    await server.line(/"seconds":59/);
    server.child.kill("SIGTERM");
    await profileOf(await second);
    expect(await server.exit).toBe(0);
  });
});
