import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createChunkJoiner } from "../../src/port/chunked-bodies";
import { startHttpService } from "../support/http-service";
import { connectRaw, get } from "../../src/testing/raw-client";

const HEAD = "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
const END = "0\r\n\r\n";
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

describe("a chunked body", () => {
  it("is read in as few pieces as it arrives in", async () => {
    const body = "0123456789".repeat(500);
    const pieces: string[] = [];
    const { port } = await startHttpService((req, res) => {
      req.on("data", (piece: Buffer) => pieces.push(piece.toString()));
      req.on("end", () => res.end("read"));
    });
    const client = await connectRaw(port);
    client.socket.write(HEAD + [...body].map(chunk).join("") + END);
    await client.until(/read$/);
    expect(pieces.join("")).toBe(body);
    expect(pieces.length).toBeLessThan(body.length / 100);
  });

  it("is read as it arrives", async () => {
    const { port } = await startHttpService((req, res) => void req.pipe(res));
    const client = await connectRaw(port);
    client.socket.write(HEAD);
    for (const piece of ["one", "two", "three"]) {
      client.socket.write(chunk(piece));
      await client.until(new RegExp(`${piece}\r\n$`));
    }
    client.socket.write(END + get());
    await client.until(/HTTP\/1.1 200[^]*three[^]*HTTP\/1.1 200/);
  });

  it("is not read further than Node parses at once if it has many chunks", async () => {
    const reads: number[] = [];
    const { port } = await startHttpService((req, res) => {
      let before = 0;
      req.on("data", () => {
        reads.push(req.socket.bytesRead - before);
        before = req.socket.bytesRead;
      });
      req.on("end", () => res.end("read"));
    });
    const client = await connectRaw(port);
    client.socket.write(HEAD + chunk("x").repeat(100_000) + END);
    await client.until(/read$/);
    expect(Math.max(...reads)).toBeLessThanOrEqual(65_536);
  });

  it("may be followed by an upgrade, however many chunks it has", async () => {
    const { server, port } = await startHttpService((req, res) => {
      req.resume().on("end", () => res.end("read"));
    });
    server.on("upgrade", (_req, socket: Socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n");
      socket.on("data", (data) => socket.write(data));
    });
    const client = await connectRaw(port);
    const upgrade =
      "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    client.socket.write(HEAD + chunk("x").repeat(2000) + END + upgrade);
    await client.until(/read[^]* 101 /);
    client.socket.write("echoed");
    await client.until(/echoed$/);
  });

  it("accepts pushes by other code", async () => {
    const { port } = await startHttpService((req, res) => {
      req.push("<added>", "utf8");
      req.pipe(res);
    });
    const client = await connectRaw(port);
    client.socket.write(HEAD + chunk("sent") + END);
    await client.until(/<added>[^]*sent/);
  });

  it("waits in the kernel until it is read, and is complete then", async () => {
    const MUCH = 20_000_000;
    const handled = new Promise<[IncomingMessage, ServerResponse]>((resolve) => {
      void startHttpService((...exchange) => resolve(exchange)).then(async ({ port }) => {
        const client = await connectRaw(port);
        client.socket.write(HEAD + chunk("x".repeat(1000)).repeat(MUCH / 1000) + END);
      });
    });
    const [req] = await handled;
    for (let turns = 0; turns < 500; turns++) await nextTurn();
    expect(req.socket.bytesRead).toBeLessThan(MUCH / 10);
    expect(await readText(req)).toHaveLength(MUCH);
  });
});

describe("many bodies in many chunks", () => {
  it("are pushed one per turn of the event loop", async () => {
    const joinChunks = createChunkJoiner();
    let handedOn = 0;
    for (let count = 0; count < 10; count++) {
      const headers = { "transfer-encoding": "chunked" };
      const req = Object.assign(new Readable({ read: () => undefined }), { headers });
      joinChunks(req as unknown as IncomingMessage);
      req.on("data", () => handedOn++);
      for (let chunks = 0; chunks < 2000; chunks++) req.push(Buffer.from("x"));
    }
    await nextTurn();
    for (let turn = 0; turn <= 10; turn++) {
      expect(handedOn).toBe(turn);
      await nextTurn();
    }
  });
});
