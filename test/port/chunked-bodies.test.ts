import type { IncomingMessage, ServerResponse } from "node:http";
import { text as readText } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { startHttpService } from "../support/http-service";
import { connectRaw, get } from "../support/raw-client";

const HEAD = "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
const END = "0\r\n\r\n";
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

describe("a chunked body", () => {
  it("is read in as few pieces as it has come in", async () => {
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

  it("is read as it comes", async () => {
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

  it("waits in the kernel while nobody reads it, and is whole then", async () => {
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
