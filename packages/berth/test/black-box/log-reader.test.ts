import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  asServer,
  fetchAlone,
  startCommand,
  stopProcesses,
  type TestServer,
} from "../../src/testing/process";
import { createWorkerProgram } from "../support/worker-program";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "log-reader-"))));
afterEach(async () => {
  await stopProcesses();
  rmSync(folder, { recursive: true });
});

/** A service, and functions that stall and resume the reader of its log. */
interface Logged {
  server: TestServer;
  stall: () => void;
  resume: () => void;
}

/** The shutdown timeout is longer than a busy machine needs: only a log that blocks would reach it. */
const env = (workers: number) => ({
  PORT: "0",
  WEB_CONCURRENCY: String(workers),
  SHUTDOWN_TIMEOUT_MS: "45000",
});

/** Logs into a blocking pipe, as shells create it; the reader is a process. */
async function startOnPipe(workers: number): Promise<Logged> {
  const program = createWorkerProgram();
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = startCommand(["cat", pipe], {});
  const shell = ["/bin/sh", "-c", `exec "$@" >'${pipe}'`, "sh", ...program.command];
  const { child, exit } = startCommand(shell, env(workers), program.folder);
  return {
    server: await asServer({ ...reader, child, exit }),
    stall: () => void reader.child.kill("SIGSTOP"),
    resume: () => void reader.child.kill("SIGCONT"),
  };
}

/** Logs into a Unix stream socket, as Node and systemd's journal use it. */
async function startOnSocket(workers: number): Promise<Logged> {
  const server = await createWorkerProgram().start(env(workers));
  const { stdout } = server.child;
  return { server, stall: () => void stdout!.pause(), resume: () => void stdout!.resume() };
}

/** Sends requests until each worker has logged more than the reader's side buffers, except those from before a restart. */
async function overfill(
  server: TestServer,
  workers: number,
  before: readonly number[] = [],
): Promise<number[]> {
  const responses = new Map<number, number>();
  while (responses.size < workers || Math.min(...responses.values()) < 10) {
    const { pid } = (await (await fetchAlone(`${server.url}/verbose`)).json()) as { pid: number };
    if (!before.includes(pid)) responses.set(pid, (responses.get(pid) ?? 0) + 1);
  }
  return [...responses.keys()];
}

describe.each([
  ["a pipe", startOnPipe],
  ["a Unix socket", startOnSocket],
])("a service whose log is %s that is not read", (_name, start) => {
  it.each([
    ["one process", 1],
    ["two workers", 2],
  ])("serves and exits as %s", async (_what, workers) => {
    const { server, stall, resume } = await start(workers);
    stall();
    await overfill(server, workers);
    server.child.kill("SIGTERM");
    expect(await once(server.child, "exit")).toEqual([0, null]);
    resume();
    await server.exit;
    expect(() => server.log()).not.toThrow();
  });

  it("serves, replaces its workers and exits after a restart", async () => {
    const { server, stall, resume } = await start(2);
    server.child.kill("SIGHUP");
    await server.line(/all workers are replaced/);
    stall();
    const before = await overfill(server, 2);
    server.child.kill("SIGHUP");
    await overfill(server, 2, before);
    server.child.kill("SIGTERM");
    expect(await once(server.child, "exit")).toEqual([0, null]);
    resume();
    await server.exit;
    expect(() => server.log()).not.toThrow();
  });
});
