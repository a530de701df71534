// The harness: runs, servers, requests and responses.
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { send } from "../../src/harness/http";
import { parseResponse } from "../../src/harness/http-response";
import { startRun } from "../../src/harness/run";
import { startServer } from "../../src/harness/server";
import { stop } from "../../src/harness/stop";
import { until } from "../../src/harness/wait";

const onLinux = process.platform === "linux" ? it : it.skip;
const { execPath: node } = process;

describe("startRun()", () => {
  it("keeps the output of a process that has exited", async () => {
    const run = startRun(["sh", "-c", "echo last words; exit 3"]);
    expect((await run.exited).code).toBe(3);
    expect(run.output.lines()).toEqual(["last words"]);
    await run.reap();
  });

  it("exits with 127 when the program does not exist", async () => {
    const run = startRun(["/no/such/program"]);
    expect((await run.exited).code).toBe(127);
    await run.reap();
  });

  it("runs with only PATH and the given environment, in another folder, if isolated", async () => {
    process.env.OF_THIS_PROCESS = "1";
    const show = `console.log(process.cwd()); console.log(Object.keys(process.env).sort().join())`;
    const argv = [process.execPath, "-e", show] as const;
    const run = startRun(argv, { isolated: true, port: "7", env: { GIVEN: "2" } });
    await run.exited;
    expect(run.output.lines()).toEqual([realpathSync(tmpdir()), "BERTH_LAB_RUN,GIVEN,PATH,PORT"]);
    await run.reap();
  });

  onLinux("finds and kills a daemon that has left the process group", async () => {
    const run = startRun(["sh", "-c", "setsid sleep 300 & echo up"]);
    await run.exited;
    const commands = () => run.processes().map(({ command }) => command);
    // The child is a fork of the shell, then setsid, before it is sleep.
    await until(() => commands().join() === "sleep 300", 60_000);
    expect(commands()).toEqual(["sleep 300"]);
    await run.reap();
    expect(run.processes()).toEqual([]);
  });
});

const announcing = `
  const server = require("node:http").createServer((req, res) => res.end(req.method + req.url));
  server.listen(process.env.PORT, () => console.log("web is listening on port " + process.env.PORT));
`;

describe("startServer()", () => {
  it("resolves once the server logs that it listens", async () => {
    const server = await startServer([node, "-e", announcing]);
    const address = { host: "127.0.0.1", port: server.port };
    expect(await send(address, { method: "PUT", path: "/x" }, 5000)).toMatchObject({
      status: 200,
      body: "PUT/x",
    });
    expect(await stop(server, 5000)).toMatchObject({ exit: { signal: "SIGTERM" }, left: [] });
    await server.reap();
  });

  it("rejects with the output of a server that exits", async () => {
    await expect(startServer(["sh", "-c", "echo no luck today"])).rejects.toThrow(/no luck today/);
  });
});

describe("send()", () => {
  const responding = async (response: string) => {
    const server = createServer((socket) => socket.once("data", () => socket.end(response)));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    return send({ host: "127.0.0.1", port }, { path: "/" }, 5000).finally(() => server.close());
  };

  it.each([
    ["", { message: "closed without a response", hasBegun: false }],
    ["HTTP/1.1 200 OK\r\nContent-Le", { message: /in the middle/, hasBegun: true }],
    ["HTTP/1.1 102 Processing\r\n\r\n", { message: /without/, hasBegun: false }],
  ])("rejects an incomplete response: %j", async (response, error) => {
    const message = expect.stringMatching(error.message) as string;
    await expect(responding(response)).rejects.toMatchObject({ ...error, message });
  });
});

describe("parseResponse()", () => {
  const head = "HTTP/1.1 200 OK\r\n";

  it("waits for the complete body", () => {
    expect(parseResponse(`${head}Content-Length: 5\r\n\r\nhell`, false)).toBeUndefined();
    expect(parseResponse(`${head}Content-Length: 5\r\n\r\nhello`, false)?.response.body).toBe(
      "hello",
    );
  });

  it("joins chunks, and requires the last one", () => {
    const chunks = `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n`;
    expect(parseResponse(chunks, true)).toBeUndefined();
    expect(parseResponse(`${chunks}0\r\n\r\n`, false)?.response.body).toBe("abcde");
  });

  it("reads until the end of the connection if there is no length", () => {
    expect(parseResponse(`${head}\r\nall`, false)).toBeUndefined();
    expect(parseResponse(`${head}\r\nall`, true)?.response.body).toBe("all");
  });
});
