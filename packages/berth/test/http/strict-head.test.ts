import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import multer from "multer";
import { messageClasses } from "../../src/express/messages";
import { jsonBody } from "../../src/http/body";
import { deferExpectations } from "../../src/port/harden";
import { Problem } from "../../src/request/problem";
import { createTestApp, problem } from "../../src/testing/app";
import { connectRaw } from "../../src/testing/raw-client";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** As the process serves it: Node leaves these checks to the app. */
async function connectToApp() {
  const { app, log } = createTestApp((router) => {
    router.post("/json", jsonBody(), (req, res) => void res.json(req.body));
    const refuse = () => {
      throw new Problem(401, "Sign in.");
    };
    router.post("/secret", refuse, jsonBody(), (req, res) => void res.json(req.body));
    router.post("/form", multer().none(), (req, res) => void res.json(req.body));
  });
  const server = createServer({ ...messageClasses(app), requireHostHeader: false }, app);
  deferExpectations(server);
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = await connectRaw((server.address() as AddressInfo).port);
  return { ...client, log };
}

describe("a request", () => {
  it.each([
    ["two hosts", "HTTP/1.1\r\nHost: a\r\nHOST: a", 400, "Bad Request", "more than one Host"],
    ["two in HTTP/1.0", "HTTP/1.0\r\nHost: a\r\nhost: b", 400, "Bad Request", "more than one Host"],
    ["no host", "HTTP/1.1\r\nAccept: a", 400, "Bad Request", "has no Host"],
    ["an expectation", "HTTP/1.1\r\nHost: a\r\nExpect: x", 417, "Expectation Failed", "only"],
    [
      "one too many",
      "HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x",
      417,
      "Expectation Failed",
      "only",
    ],
  ])(
    "with %s is refused, and its connection closed",
    async (_name, head, status, title, detail) => {
      const client = await connectToApp();
      client.socket.write(`GET /livez ${head}\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(await client.closed).toBe("end");
      const [headers = "", body = ""] = client.received().split("\r\n\r\n");
      expect(headers).toMatch(new RegExp(`^HTTP/1.1 ${status} ${title}\r\n`));
      expect(headers).toContain("\r\nConnection: close");
      expect(headers).toContain("\r\nContent-Type: application/problem+json; charset=utf-8\r\n");
      expect(JSON.parse(body)).toEqual(
        problem(status, title, { detail: expect.stringContaining(detail) as string }),
      );
      expect(client.log[0]).toMatchObject({ path: "/livez", status });
    },
  );

  it("with a transfer coding other than chunked is refused", async () => {
    const client = await connectToApp();
    client.socket.write(
      "POST /json HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    );
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(
      /^HTTP\/1.1 501 Not Implemented\r\n[^]*only supported transfer coding/,
    );
  });

  it.each([
    ["one host", "HTTP/1.1\r\nHost: a"],
    ["no host in HTTP/1.0", "HTTP/1.0\r\nAccept: a"],
  ])("with %s is served", async (_name, head) => {
    const client = await connectToApp();
    client.socket.write(`GET /livez ${head}\r\n\r\n`);
    await client.until(/^HTTP\/1\.1 200 /);
  });
});

describe("POST with Expect: 100-continue", () => {
  const head = (path: string, headers: string[]) =>
    [`POST ${path} HTTP/1.1`, "Host: a", "Expect: 100-continue", ...headers, "", ""].join("\r\n");
  const json = "Content-Type: application/json";
  const gzipped = gzipSync('{"a":1}');
  const form = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n';

  it.each<[string, string, string[], string | Buffer]>([
    ["of a known length", "/json", [json, "Content-Length: 7"], '{"a":1}'],
    ["in chunks", "/json", [json, "Transfer-Encoding: chunked"], '7\r\n{"a":1}\r\n0\r\n\r\n'],
    [
      "compressed",
      "/json",
      [json, "Content-Encoding: gzip", `Content-Length: ${gzipped.length}`],
      gzipped,
    ],
    [
      "for multer",
      "/form",
      ["Content-Type: multipart/form-data; boundary=x", `Content-Length: ${form.length}`],
      form,
    ],
  ])("gets 100 Continue for a body %s", async (_name, path, headers, body) => {
    const client = await connectToApp();
    client.socket.write(head(path, headers));
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.socket.write(body);
    await client.until(/\r\n\r\nHTTP\/1\.1 200 [^]*{"a":("1"|1)}$/);
  });

  it("gets 413 for a Content-Length over the limit, without 100 Continue", async () => {
    const client = await connectToApp();
    client.socket.write(head("/json", [json, "Content-Length: 9999"]));
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n/);
  });

  it("gets no 100 Continue for a body that middleware refuses", async () => {
    const client = await connectToApp();
    client.socket.write(head("/secret", [json, "Content-Length: 7"]));
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/^HTTP\/1\.1 401 [^]*\r\nConnection: close\r\n/);
  });
});
