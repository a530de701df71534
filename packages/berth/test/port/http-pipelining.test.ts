import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createPipelining } from "../../src/port/http-pipelining";
import { startHttpService } from "../support/http-service";
import { connectRaw, get } from "../../src/testing/raw-client";
import { endSocketTimer, holdTimeouts } from "../../src/testing/timers";

const PLENTY_MS = 10_000;
const CHUNK = 65_536;

const TINY = "GET / HTTP/1.1\r\nHost:a\r\n\r\n";
const A_CHUNK_OF_TINY = Math.floor(CHUNK / TINY.length);

/** Waits for a response on another connection: then the service has processed everything before it. */
async function otherClient(port: number) {
  const client = await connectRaw(port);
  client.socket.write(get("/now"));
  await client.until(/now$/);
  client.socket.destroy();
}

const responsesIn = (text: string): string[] => text.match(/<\d+>/g) ?? [];
const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `<${i + 1}>`);
const gets = (count: number): string =>
  numbers(count)
    .map((n) => get(`/${n}`))
    .join("");

describe("a connection with pipelined requests", () => {
  it("has one request in progress, and gets the responses in order", async () => {
    const { port, held, untilHeld } = await startHttpService();
    const client = await connectRaw(port);
    client.socket.write(gets(3));
    for (let count = 1; count <= 3; count++) {
      await untilHeld(count);
      await otherClient(port);
      expect(held).toHaveLength(count);
      held[count - 1]?.end(`<${count}>`);
    }
    expect(responsesIn(await client.until(/<3>$/))).toEqual(numbers(3));
  });

  it("gets 300 responses in order, whatever the methods, bodies and speed of the handler", async () => {
    const respond = async (req: IncomingMessage, res: ServerResponse) => {
      if (req.url?.includes("5")) await new Promise((resolve) => setImmediate(resolve));
      let body = "";
      for await (const chunk of req) body += String(chunk);
      res.end(body || decodeURI(req.url ?? "").slice(1));
    };
    const { port } = await startHttpService((req, res) => void respond(req, res));
    const requests = numbers(300).map((n, i) => {
      if (i % 3 === 0) return get(`/${n}`);
      if (i % 3 === 1) return `HEAD /${n} HTTP/1.1\r\nHost: test\r\nX-Sent: ${n}\r\n\r\n`;
      return `POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${n.length}\r\n\r\n${n}`;
    });
    const client = await connectRaw(port);
    client.socket.write(requests.join(""));
    const received = await client.until(/<300>$/);
    expect(received.match(/HTTP\/1.1 200/g)).toHaveLength(300);
    expect(responsesIn(received)).toEqual(numbers(300).filter((_, i) => i % 3 !== 1));
  });

  it("gets all responses if a drain begins in the middle, and closes after the last", async () => {
    let handled = 0;
    const { service, port } = await startHttpService((_req, res) => {
      if (++handled === 100) service.beginDrain();
      res.end(`<${handled}>`);
    });
    const client = await connectRaw(port);
    client.socket.write(gets(300));
    expect(await client.closed).toBe("end");
    expect(responsesIn(client.received())).toEqual(numbers(300));
    expect(client.received().match(/Connection: close/g)).toHaveLength(1);
    expect(client.received()).toMatch(/Connection: close\r\n(.+\r\n)*\r\n<300>$/);
  });

  it("gets its waiting responses from a draining service", async () => {
    const { service, port, held, untilHeld } = await startHttpService();
    const client = await connectRaw(port);
    client.socket.write(gets(2));
    await untilHeld(1);
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    held[0]?.end("<1>");
    await untilHeld(2);
    held[1]?.end("<2>");
    expect(await client.closed).toBe("end");
    expect(responsesIn(client.received())).toEqual(numbers(2));
    expect(client.received().match(/Connection: close/g)).toHaveLength(1);
    await drained;
  });

  it("does not prolong a drain with more and more requests", async () => {
    const { service, port } = await startHttpService((_req, res) => res.end("responded"));
    const client = await connectRaw(port);
    const askOn = () => {
      while (client.socket.writable && client.socket.write(get().repeat(100)));
    };
    client.socket.on("drain", askOn).on("error", () => undefined);
    askOn();
    await client.until(/responded/);
    service.beginDrain();
    await expect(service.drain(200)).resolves.toBeUndefined();
  });

  it("has a body that has begun read completely during a drain", async () => {
    let upload: Socket | undefined;
    const { service, port } = await startHttpService((req, res) => {
      upload = req.socket;
      if (req.method === "GET") res.end("responded");
      else req.pipe(res);
    });
    const client = await connectRaw(port);
    client.socket.write(get().repeat(2));
    await client.until(/responded[^]*responded/);
    client.socket.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\nhalf");
    await client.until(/half/);
    holdTimeouts();
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    // Long after all grace periods.
    jest.advanceTimersByTime(PLENTY_MS);
    endSocketTimer(upload!);
    jest.useRealTimers();
    client.socket.write("rest");
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/half[^]*rest/);
    await drained;
  });

  it("has no second response created while its client does not read the first", async () => {
    const large = Buffer.alloc(20_000_000);
    let handled = 0;
    const { port } = await startHttpService((req, res) => {
      if (req.url === "/now") return void res.end("now");
      handled++;
      res.end(large);
    });
    const client = await connectRaw(port);
    client.socket.pause().write(gets(3));
    await otherClient(port);
    await otherClient(port);
    expect(handled).toBe(1);
    // As bytes, because decoding takes long.
    let bytes = 0;
    client.socket
      .removeAllListeners("data")
      .on("data", (data: Buffer) => (bytes += data.length))
      .resume();
    while (bytes < 3 * large.length) await once(client.socket, "data");
    expect(handled).toBe(3);
  });

  it("is not read while many requests wait", async () => {
    const sockets: Socket[] = [];
    const { server, port, untilHeld } = await startHttpService();
    server.on("connection", (socket: Socket) => sockets.push(socket));
    const client = await connectRaw(port);
    client.socket.write(get().repeat(100_000));
    await untilHeld(1);
    for (let i = 0; i < 10; i++) await otherClient(port);
    expect(sockets[0]?.bytesRead).toBeLessThanOrEqual(2 * CHUNK);
  });

  it("is read no faster than its requests are handled, also if its client reads slowly", async () => {
    const COUNT = 2000;
    const size = get("/").length;
    const body = "x".repeat(20_000);
    let handled = 0;
    let unhandledBytes = 0;
    const { port } = await startHttpService((req, res) => {
      handled++;
      unhandledBytes = Math.max(unhandledBytes, req.socket.bytesRead - handled * size);
      res.end(body);
    });
    const client = await connectRaw(port);
    let bytes = 0;
    client.socket.removeAllListeners("data").on("data", (data: Buffer) => {
      bytes += data.length;
      client.socket.pause();
      setImmediate(() => client.socket.resume());
    });
    client.socket.write(get("/").repeat(COUNT));
    while (bytes < COUNT * body.length) await once(client.socket, "data");
    expect(unhandledBytes).toBeLessThanOrEqual(2 * CHUNK);
  });

  it("has its waiting requests dropped when its client disconnects", async () => {
    const { server, port, held, untilHeld } = await startHttpService();
    const gone = new Promise((resolve) =>
      server.once("connection", (socket: Socket) => socket.once("close", resolve)),
    );
    const client = await connectRaw(port);
    client.socket.write(gets(3));
    await untilHeld(1);
    client.socket.resetAndDestroy();
    await gone;
    held[0]?.end();
    await otherClient(port);
    expect(held).toHaveLength(1);
  });

  it("is destroyed if too many requests wait in the process, and frees their places", async () => {
    const { port, held, untilHeld } = await startHttpService();
    const clients = await Promise.all(Array.from({ length: 6 }, () => connectRaw(port)));
    for (const client of clients) client.socket.write(TINY.repeat(A_CHUNK_OF_TINY));
    await Promise.any(clients.map(({ closed }) => closed));
    expect(held.length).toBeLessThanOrEqual(clients.length);
    for (const client of clients) client.socket.destroy();
    await Promise.all(clients.map(({ closed }) => closed));
    await otherClient(port);
    const before = held.length;
    const later = await connectRaw(port);
    later.socket.write(gets(2));
    await untilHeld(before + 1);
    held[before]?.end("<1>");
    await untilHeld(before + 2);
    held[before + 1]?.end("<2>");
    await later.until(/<2>$/);
  });

  it("gets 100 Continue in its turn", async () => {
    const { port, held, untilHeld } = await startHttpService((req, res) => {
      if (req.method === "GET") return void setImmediate(() => res.end("<1>"));
      req.on("data", (data: Buffer) => res.end(data));
    });
    expect([held, untilHeld]).toHaveLength(2);
    const client = await connectRaw(port);
    client.socket.write(
      get() + "POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    );
    expect(await client.until(/100 Continue/)).toMatch(/<1>HTTP\/1.1 100 Continue\r\n\r\n$/);
    client.socket.write("<2>");
    await client.until(/<2>$/);
  });

  it("is upgraded after the responses to earlier requests", async () => {
    const { server, port, held, untilHeld } = await startHttpService();
    server.on("upgrade", (_req, socket: Socket, head: Buffer) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n${head.toString()}`);
      socket.pipe(socket);
    });
    const client = await connectRaw(port);
    const upgrade =
      "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    client.socket.write(`${gets(20)}${upgrade}head`);
    for (let count = 1; count <= 20; count++) {
      await untilHeld(count);
      held[count - 1]?.end(`<${count}>`);
    }
    expect(responsesIn(await client.until(/<20>HTTP\/1.1 101 [^]*head$/))).toEqual(numbers(20));
    client.socket.write("echoed");
    await client.until(/headechoed$/);
  });

  it("is destroyed if it waits to be upgraded and its client does not read", async () => {
    const { server, port } = await startHttpService(
      (_req, res) => res.end(Buffer.alloc(40_000_000)),
      {
        responseTimeoutMs: 150,
      },
    );
    server.on("upgrade", () => undefined);
    const gone = new Promise((resolve) =>
      server.once("connection", (socket: Socket) => socket.once("close", resolve)),
    );
    const client = await connectRaw(port);
    client.socket.pause();
    client.socket.write(
      `${get()}GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await gone;
  });

  it("may be reset while an upgrade waits", async () => {
    const { server, port, held, untilHeld } = await startHttpService();
    const upgraded = jest.fn();
    server.on("upgrade", upgraded);
    const gone = new Promise((resolve) =>
      server.once("connection", (socket: Socket) => socket.once("close", resolve)),
    );
    const client = await connectRaw(port);
    client.socket.write(
      `${get()}GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await untilHeld(1);
    client.socket.resetAndDestroy();
    held[0]?.end(Buffer.alloc(20_000_000));
    await gone;
    await otherClient(port);
    expect(upgraded).not.toHaveBeenCalled();
  });

  it("handles no request in the context of the previous one", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const { port } = await startHttpService((req, res) => {
      seen.push(storage.getStore());
      storage.run(req.url ?? "", () => setImmediate(() => res.end(req.url?.slice(1))));
    });
    const client = await connectRaw(port);
    client.socket.write(gets(3));
    await client.until(/<3>$/);
    expect(seen).toEqual([undefined, undefined, undefined]);
  });
});

describe("all connections", () => {
  it("are paused for the rest of a turn after a thousand requests were queued in it", async () => {
    const [greedy, reading, paused] = [new Socket(), new Socket().resume(), new Socket().pause()];
    const pipelining = createPipelining(jest.fn(), () => [greedy, reading, paused]);
    const bring = (count: number) => {
      for (let i = 0; i < count; i++) {
        pipelining.admit(greedy);
      }
    };
    const isPaused = () => [reading.isPaused(), paused.isPaused()];
    bring(999);
    expect(isPaused()).toEqual([false, true]);
    bring(1);
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(isPaused()).toEqual([true, true]);
    await nextTurn();
    expect(isPaused()).toEqual([false, true]);
    bring(999);
    expect(isPaused()).toEqual([false, true]);
  });
});
