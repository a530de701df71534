// Profiles and heap snapshots of a real process: what they show, and that they harm nothing.
import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  asServer,
  connectRaw,
  emptyFolder,
  fetchAlone,
  problem,
  startProcess,
  stopProcesses,
} from "berth/testing";
import {
  allocated,
  ask,
  DEBUG_TOKEN,
  type HeapNode,
  hits,
  objectsOf,
  profileOf,
  PROFILING,
  startDebugged,
} from "../support/debug";

afterEach(stopProcesses);

/** Not the empty one that the files of all tests may be in. */
const ownFolder = (): string => mkdtempSync(join(emptyFolder(), "own-"));

const requestOf = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer ${DEBUG_TOKEN}\r\n\r\n`;

/** Keeps a process busy until there is a response. */
async function spinUntil(url: string, responding: Promise<Response>): Promise<Response> {
  let res: Response | undefined;
  void responding.then((response) => (res = response));
  while (!res) await fetchAlone(`${url}/spin/20`);
  return res;
}

describe("GET /debug/cpu-profile", () => {
  it("has the functions that the process spends its time in", async () => {
    const server = await startDebugged();
    const res = await spinUntil(server.url, ask(server.url, "cpu-profile?seconds=1"));
    const profile = await profileOf(res);
    expect(hits(profile, "spinHotly")).toBeGreaterThan(0);
    expect(profile.endTime - profile.startTime).toBeGreaterThan(900_000);
  });

  it("is one at a time, also for a heap snapshot; a client that leaves ends it", async () => {
    const server = await startDebugged();
    const leaving = await connectRaw(server.port);
    leaving.socket.write(requestOf("/debug/cpu-profile?seconds=60"));
    await server.line(PROFILING);
    for (const path of ["cpu-profile?seconds=1", "heap-snapshot"]) {
      const res = await ask(server.url, path);
      expect([res.status, await res.json()]).toEqual([
        409,
        problem(409, "Conflict", { detail: "Another capture is still running." }),
      ]);
      expect(Number(res.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    expect((await ask(server.url, "state")).status).toBe(200);

    leaving.socket.resetAndDestroy();
    let last: Response;
    do last = await ask(server.url, "cpu-profile?seconds=1");
    while (last.status === 409);
    await profileOf(last);
    const starts = server
      .log()
      .flatMap(({ msg, time }) => (PROFILING.test(String(msg)) ? [time] : []));
    expect(Number(starts.at(-1)) - Number(starts[0])).toBeLessThan(60_000);
  });

  it("is sent as far as it is when the process drains, which exits with 0", async () => {
    const server = await startDebugged({ SHUTDOWN_TIMEOUT_MS: "30000" });
    const responding = ask(server.url, "cpu-profile?seconds=60");
    await server.line(PROFILING);
    server.child.kill("SIGTERM");
    const profile = await profileOf(await responding);
    expect(profile.endTime - profile.startTime).toBeLessThan(60_000_000);
    expect(await server.exit).toBe(0);
  });

  it("works while a debugger may be attached", async () => {
    const server = await asServer(
      startProcess(
        join(__dirname, "../support/service.js"),
        { PORT: "0", HOST: "127.0.0.1", DEBUG_TOKEN },
        ["--inspect=127.0.0.1:0"],
      ),
    );
    expect(server.stderr()).toContain("Debugger listening");
    const res = await spinUntil(server.url, ask(server.url, "cpu-profile?seconds=1"));
    expect(hits(await profileOf(res), "spinHotly")).toBeGreaterThan(0);
  });
});

it("GET /debug/heap-profile has the code whose objects are still there", async () => {
  const server = await startDebugged();
  const responding = ask(server.url, "heap-profile?seconds=60");
  await server.line(/taking a heap-profile/);
  await fetchAlone(`${server.url}/fill/100000`);
  server.child.kill("SIGTERM");
  const res = await responding;
  expect(res.headers.get("content-disposition")).toMatch(/\.heapprofile"$/);
  const { head } = (await res.json()) as { head: HeapNode };
  expect(allocated(head, "service.js")).toBeGreaterThan(1_000_000);
});

describe("GET /debug/heap-snapshot", () => {
  it("has every object, and leaves no file", async () => {
    const TMPDIR = ownFolder();
    const server = await startDebugged({ TMPDIR });
    await fetchAlone(`${server.url}/fill/123`);
    const res = await ask(server.url, "heap-snapshot");
    const text = await res.text();
    expect(res.status).toBe(200);
    expect(res.headers.get("content-disposition")).toMatch(
      /^attachment; filename="[\w-]+\.heapsnapshot"$/,
    );
    expect(res.headers.get("content-length")).toBe(String(Buffer.byteLength(text)));
    expect(objectsOf(text, "Barnacle")).toBe(123);
    expect(readdirSync(TMPDIR)).toEqual([]);
    expect(server.stderr()).toBe("");
    expect(server.log().map(({ msg }) => msg)).toContainEqual(
      expect.stringMatching(/^a heap snapshot has blocked the event loop for \d+ ms$/),
    );
  });

  it("is refused for a large heap, with the cure", async () => {
    const server = await startDebugged();
    const refused = await ask(server.url, "heap-snapshot?max-mb=1");
    const { detail } = (await refused.json()) as { detail: string };
    expect([refused.status, detail]).toEqual([
      409,
      expect.stringMatching(/^The heap has \d+ MB\. .* add \?max-mb=\d+\./),
    ]);
    const [, query] = /(\?max-mb=\d+)/.exec(detail)!;
    const res = await ask(server.url, `heap-snapshot${query}`);
    expect(res.status).toBe(200);
    await res.body?.cancel();
  });

  it("responds 500 with the cure where nothing can be written", async () => {
    const server = await startDebugged({ TMPDIR: "/nonexistent" });
    const res = await ask(server.url, "heap-snapshot");
    const { detail } = (await res.json()) as { detail: string };
    expect([res.status, detail]).toEqual([
      500,
      expect.stringMatching(/ENOENT.*; set TMPDIR to a writable folder/),
    ]);
  });

  it("does not spoil the drain that begins meanwhile", async () => {
    const TMPDIR = ownFolder();
    const server = await startDebugged({ TMPDIR });
    await fetchAlone(`${server.url}/fill/100000`);
    const client = await connectRaw(server.port);
    client.socket.write(requestOf("/debug/heap-snapshot"));
    await server.line(/taking a heap snapshot/);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  it("ends when the process drains, whose exit does not wait for a slow client", async () => {
    const TMPDIR = ownFolder();
    const server = await startDebugged({ TMPDIR, SHUTDOWN_TIMEOUT_MS: "3600000" });
    await fetchAlone(`${server.url}/fill/150000`);
    const client = await connectRaw(server.port);
    // It reads on, but slowly: for berth it is not stalled.
    client.socket.on("data", () => {
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 20);
    });
    client.socket.write(requestOf("/debug/heap-snapshot"));
    const head = await client.until(/\r\n\r\n/);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    await client.closed;
    const size = Number(/Content-Length: (\d+)/.exec(head)?.[1]);
    expect(client.received().length).toBeLessThan(size);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });
});
