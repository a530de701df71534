// The instruments: what they say about processes, sockets and responses must be true.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { commandFrom } from "../harness/command";
import type * as FreePort from "../harness/free-port";
import { parseResponse } from "../harness/http-response";
import { listenersFromLsof, listenersFromProc } from "../harness/listeners";
import { createQueue } from "../harness/queue";
import { startRun } from "../harness/run";
import { until } from "../harness/wait";

const onLinux = process.platform === "linux" ? it : it.skip;
const withLsof = existsSync("/usr/bin/lsof") ? it : it.skip;

async function listenHere() {
  const server = createServer().listen(0);
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

describe("commandFrom()", () => {
  it("gives a single argument to the shell", () => {
    expect(commandFrom(["node x.js; true"]).argv).toEqual(["sh", "-c", "node x.js; true"]);
  });

  it("runs several arguments as they are", () => {
    expect(commandFrom(["node", "x y.js"]).argv).toEqual(["node", "x y.js"]);
  });

  it("rejects an empty command", () => {
    expect(() => commandFrom([" "])).toThrow("the command after -- is empty");
  });
});

describe("listeners", () => {
  onLinux("are found in /proc", async () => {
    const { server, port } = await listenHere();
    expect(listenersFromProc([process.pid])).toContainEqual({ pid: process.pid, port });
    server.close();
  });

  withLsof("are found by lsof", async () => {
    const { server, port } = await listenHere();
    expect(listenersFromLsof([process.pid])).toContainEqual({ pid: process.pid, port });
    server.close();
  });
});

describe("startRun()", () => {
  it("keeps the last words of a process that has exited", async () => {
    const run = startRun(["sh", "-c", "echo last words; exit 3"], { port: "1" });
    expect((await run.exited).code).toBe(3);
    expect(run.output.lines()).toEqual(["last words"]);
    await run.reap();
  });

  it("exits with 127 when there is no such program", async () => {
    const run = startRun(["/no/such/program"], { port: "1" });
    expect((await run.exited).code).toBe(127);
    await run.reap();
  });

  onLinux("finds and reaps a daemon that has left the process group", async () => {
    const run = startRun(["sh", "-c", "setsid sleep 300 & echo up"], { port: "1" });
    await run.exited;
    const commands = () => run.processes().map(({ command }) => command);
    // It is a copy of the shell, and then setsid, before it is what it will be.
    await until(() => commands().join() === "sleep 300", 10_000);
    expect(commands()).toEqual(["sleep 300"]);
    await run.reap();
    expect(run.processes()).toEqual([]);
  });
});

describe("freePort()", () => {
  onLinux("gives no port to two kits that run at the same time", async () => {
    const ports: number[] = [];
    for (let kit = 0; kit < 3; kit += 1) {
      jest.resetModules();
      const { freePort } = jest.requireActual<typeof FreePort>("../harness/free-port");
      ports.push(...(await Promise.all(Array.from({ length: 200 }, freePort))));
    }
    expect(new Set(ports).size).toBe(600);
  });
});

describe("parseResponse()", () => {
  const head = "HTTP/1.1 200 OK\r\n";

  it("waits for the whole body", () => {
    expect(parseResponse(`${head}Content-Length: 5\r\n\r\nhell`, false)).toBeUndefined();
    expect(parseResponse(`${head}Content-Length: 5\r\n\r\nhello`, false)?.response.body).toBe(
      "hello",
    );
  });

  it("joins chunks, and needs the last one", () => {
    const chunks = `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n`;
    expect(parseResponse(chunks, true)).toBeUndefined();
    expect(parseResponse(`${chunks}0\r\n\r\n`, false)?.response.body).toBe("abcde");
  });

  it("reads until the end where no length is given", () => {
    expect(parseResponse(`${head}\r\nall`, false)).toBeUndefined();
    expect(parseResponse(`${head}\r\nall`, true)?.response.body).toBe("all");
  });
});

describe("createQueue()", () => {
  it("runs no more at a time than it is wide", async () => {
    const enqueue = createQueue(2);
    let running = 0;
    let most = 0;
    const work = () =>
      enqueue(async () => {
        most = Math.max(most, (running += 1));
        await new Promise(setImmediate);
        running -= 1;
      });
    await Promise.all(Array.from({ length: 9 }, work));
    expect(most).toBe(2);
  });
});
