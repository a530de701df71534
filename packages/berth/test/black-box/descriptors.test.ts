import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { asServer, fetchAlone, startCommand, stopProcesses } from "../../src/testing/process";
import { createWorkerProgram } from "../support/worker-program";

const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await stopProcesses();
});

// The limit is known only on Linux.
(process.platform === "linux" ? it : it.skip)(
  "a service that runs out of file descriptors says so, and goes on when there are some again",
  async () => {
    const { command, folder } = createWorkerProgram();
    const shell = ["/bin/sh", "-c", 'ulimit -n 64; exec "$@"', "sh", ...command];
    const server = await asServer(startCommand(shell, { PORT: "0" }, folder));
    for (let count = 0; count < 64; count++) {
      const client = connect(server.port, "127.0.0.1").on("error", () => undefined);
      clients.push(client);
      await once(client, "connect");
    }
    const line = await server.line(/of 64 file descriptors are in use/);
    expect(JSON.parse(line)).toMatchObject({ level: "warn" });
    for (const client of clients) client.destroy();
    while (!(await fetchAlone(server.url).catch(() => undefined))?.ok);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(server.lines.filter((text) => text.includes("file descriptors"))).toHaveLength(1);
  },
);
