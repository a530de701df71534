import { createHttpServer } from "../../src/http/app-service";
import { createHttpService } from "../../src/port/http-service";
import type { PortBoundService } from "../../src/port/service";
import { createTestApp } from "../../src/testing/app";
import { connectRaw, get } from "../../src/testing/raw-client";

const started: PortBoundService[] = [];
afterEach(async () => {
  for (const service of started.splice(0)) {
    service.destroy();
    await service.drain(0);
  }
});

async function start(requestTimeoutMs: number): Promise<number> {
  const { app } = createTestApp();
  const server = createHttpServer(app, { requestTimeoutMs, keepAliveTimeoutMs: 60_000 });
  const target = { host: "127.0.0.1", port: 0 };
  const service = createHttpService({ name: "web", server, target });
  started.push(service);
  return (await service.bind()).port;
}

describe("a body that no handler reads", () => {
  it("gets its response before it arrives, and the connection is reused afterwards", async () => {
    const client = await connectRaw(await start(60_000));
    client.socket.write("POST /nothing HTTP/1.1\r\nHost: t\r\nContent-Length: 200000\r\n\r\n");
    await client.until(/^HTTP\/1\.1 404 [^]*}$/);
    client.socket.write("x".repeat(200_000) + get("/livez"));
    await client.until(/{"status":"ok"}$/);
  });

  it("closes its connection if it never ends, while others are served", async () => {
    const port = await start(2000);
    const client = await connectRaw(port);
    client.socket.write("POST /nothing HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    const chunk = `ffff\r\n${"x".repeat(0xffff)}\r\n`;
    const upload = () => void (client.socket.writable && client.socket.write(chunk, upload));
    upload();
    await client.until(/^HTTP\/1\.1 404 /);
    const other = await connectRaw(port);
    other.socket.write(get("/livez"));
    await other.until(/{"status":"ok"}$/);
    // Most likely by a reset, as the client is still sending.
    await client.closed.catch(() => undefined);
    expect(client.socket.destroyed).toBe(true);
  });
});
