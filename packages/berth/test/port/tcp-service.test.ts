import { createServer } from "node:net";
import { createTcpService, type TcpServiceOptions } from "../../src/port/tcp-service";
import { connectRaw } from "../../src/testing/raw-client";

async function start(closeConnection?: TcpServiceOptions["closeConnection"]) {
  const server = createServer((socket) => socket.on("data", (data) => socket.write(data)));
  const service = createTcpService({
    name: "echo",
    server,
    target: { host: "127.0.0.1", port: 0 },
    closeConnection,
  });
  const { port } = await service.bind();
  return { service, port };
}

describe("a TCP service", () => {
  it("is not ready before it is bound", () => {
    const target = { host: "127.0.0.1", port: 0 };
    const service = createTcpService({ name: "echo", server: createServer(), target });
    expect(service.isReady()).toBe(false);
  });

  it("serves, and is ready until it drains", async () => {
    const { service, port } = await start();
    const client = await connectRaw(port);
    client.socket.write("ping");
    await client.until(/ping/);
    expect(service.isReady()).toBe(true);
    service.beginDrain();
    expect(service.isReady()).toBe(false);
    await service.drain(1000);
    expect(await client.closed).toBe("end");
    await expect(connectRaw(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("closes connections as its protocol requires", async () => {
    const { service, port } = await start((socket) => socket.end("BYE\r\n"));
    const client = await connectRaw(port);
    client.socket.write("x");
    await client.until(/x/);
    service.beginDrain();
    await service.drain(1000);
    await client.closed;
    expect(client.received()).toBe("xBYE\r\n");
  });

  it("waits for a connection that is still used, until it is destroyed", async () => {
    const { service, port } = await start(() => undefined);
    const client = await connectRaw(port);
    client.socket.write("x");
    await client.until(/x/);
    service.beginDrain();
    const drained = service.drain(1000);
    client.socket.write("still here");
    await client.until(/still here/);
    service.destroy();
    await drained;
    await client.closed;
  });
});
