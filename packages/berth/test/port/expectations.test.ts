import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { deferExpectations } from "../../src/port/harden";
import { connectRaw, get } from "../../src/testing/raw-client";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function connectTo(handler: RequestListener) {
  const server = createServer(handler);
  deferExpectations(server);
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return connectRaw((server.address() as AddressInfo).port);
}

const post = (expect: string) =>
  `POST / HTTP/1.1\r\nHost: test\r\nExpect: ${expect}\r\nContent-Length: 4\r\n\r\n`;

const readers: [string, (req: IncomingMessage) => unknown][] = [
  ["listens for data", (req) => req.on("data", () => undefined)],
  ["listens until it is readable", (req) => req.on("readable", () => req.read() as unknown)],
  ["pipes", (req) => req.pipe(new Writable({ write: (_chunk, _encoding, done) => done() }))],
  ["iterates", (req) => req.toArray()],
  ["resumes", (req) => req.resume()],
];

describe("a request with Expect: 100-continue", () => {
  it.each(readers)("gets 100 Continue once the handler %s", async (_how, read) => {
    let begin = (): unknown => undefined;
    const client = await connectTo((req, res) => {
      req.on("end", () => res.end("got it"));
      begin = () => read(req);
      res.writeProcessing();
    });
    client.socket.write(post("100-continue"));
    await client.until(/102 Processing\r\n\r\n$/);
    begin();
    await client.until(/102 Processing\r\n\r\nHTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.socket.write("body");
    await client.until(/\r\nHTTP\/1\.1 200 OK\r\n[^]*got it/);
    expect(client.received().match(/100 Continue/g)).toHaveLength(1);
  });

  it("gets only the response if the handler does not read, and the connection closes", async () => {
    const client = await connectTo((_req, res) => void res.writeHead(413).end());
    client.socket.write(post("100-continue"));
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n/);
    expect(client.received()).not.toContain("100 Continue");
  });

  it("gets 100 Continue after the responses to earlier requests", async () => {
    const held: ServerResponse[] = [];
    const client = await connectTo((req, res) => {
      if (req.method === "GET") return void held.push(res);
      req.on("end", () => res.end("second")).resume();
      setImmediate(() => held[0]?.end("first"));
    });
    client.socket.write(get() + post("100-continue"));
    await client.until(/first[^]*100 Continue/);
    client.socket.write("body");
    await client.until(/100 Continue[^]*second/);
  });
});

describe("a request with another expectation", () => {
  it("is passed to the handler", async () => {
    const client = await connectTo((req, res) => void res.end(req.headers.expect));
    client.socket.write(`${post("200-ok")}body`);
    await client.until(/^HTTP\/1\.1 200 [^]*200-ok$/);
  });
});
