import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Router } from "express";
import request from "supertest";
import { AwsV4Signer } from "aws4fetch";
import { messageClasses } from "../../src/express/messages";
import { sendUpstream } from "../../src/http/send-upstream";
import type { DownloadOptions } from "../../src/http/download-headers";
import type { Sign } from "../../src/client/types";
import { createTestApp, problem } from "../../src/testing/app";
import { id, object } from "../../src/schema/fields";
import { parseParams } from "../../src/schema/validate";
import { connectRaw } from "../../src/testing/raw-client";
import { CREDENTIALS, startObjectStore } from "../support/object-store";
import { runExample } from "../support/page-example";
import { attach, servers, startEndless, startService } from "../support/stock-service";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A service that passes on what another one has at `/films/7`. */
async function startFront(url: string, options?: DownloadOptions, headers = {}, sign?: Sign) {
  const { client } = attach(url, { ...(sign && { sign }) });
  const { app, log } = createTestApp((router) =>
    router.get("/films/:id", async (_req, res) => {
      res.set(headers);
      await sendUpstream(
        res,
        (conditions) => client.stream({ path: "/films/7", ...conditions }),
        options,
      );
    }),
  );
  const server = createServer(messageClasses(app), app).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return { server, log, client, port: (server.address() as AddressInfo).port };
}

/** An object store with one film, and the service in front of it. */
async function startCinema(options?: DownloadOptions, headers = {}) {
  const store = await startObjectStore();
  store.objects.set("/films/7", { type: "video/mp4", bytes: Buffer.from("0123456789") });
  const sign: Sign = async ({ method, url, headers: sent }) => {
    const scope = { service: "s3", region: "eu-central-1", ...CREDENTIALS };
    return (await new AwsV4Signer({ method, url, headers: sent, ...scope }).sign()).headers;
  };
  return { ...store, ...(await startFront(store.url, options, headers, sign)) };
}

describe("sendUpstream", () => {
  it("passes on the whole, with the headers that describe it and no others", async () => {
    const { server } = await startCinema();
    const res = await request(server).get("/films/7").buffer(true);
    expect([res.status, (res.body as Buffer).toString()]).toEqual([200, "0123456789"]);
    expect(res.headers).toMatchObject({
      "content-type": "video/mp4",
      "content-length": "10",
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache, no-transform",
      etag: expect.stringMatching(/^"\w+"$/) as string,
    });
    expect(res.headers["x-amz-request-id"]).toBeUndefined();
  });

  it("passes on a range, and the part that it gets", async () => {
    const { server } = await startCinema();
    const res = await request(server).get("/films/7").set("Range", "bytes=2-4").buffer(true);
    expect([res.status, (res.body as Buffer).toString()]).toEqual([206, "234"]);
    expect(res.get("Content-Range")).toBe("bytes 2-4/10");
  });

  it("passes on conditions, and that the client has it already", async () => {
    const { server } = await startCinema();
    const { headers } = await request(server).get("/films/7");
    const etag = String(headers.etag);
    const res = await request(server).get("/films/7").set("If-None-Match", etag);
    expect([res.status, res.text, res.get("ETag")]).toEqual([304, "", etag]);
  });

  it("responds with problems of its own to a range behind the end, and to what is missing", async () => {
    const { server, objects, log } = await startCinema();
    const res = await request(server).get("/films/7").set("Range", "bytes=10-");
    expect([res.status, JSON.parse(res.text), res.get("Content-Range")]).toEqual([
      416,
      problem(416, "Range Not Satisfiable", { detail: "The file is not that long." }),
      "bytes */10",
    ]);
    objects.clear();
    const missing = await request(server).get("/films/7");
    expect([missing.status, JSON.parse(missing.text)]).toEqual([
      404,
      problem(404, "Not Found", { detail: "There is no such file." }),
    ]);
    expect(log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("asks for the headers only when the client does", async () => {
    const { server, asked } = await startCinema();
    const res = await request(server).head("/films/7").set("Range", "bytes=2-4");
    expect([res.status, res.get("Content-Length")]).toEqual([200, "10"]);
    expect(asked).toEqual(["HEAD /films/7"]);
  });

  it("names the download, and keeps what the handler has set", async () => {
    const own = { "Cache-Control": "public, max-age=60" };
    const { server } = await startCinema({ filename: "Küste.mp4", isInline: true }, own);
    const { headers } = await request(server).get("/films/7");
    expect(headers).toMatchObject({
      "content-disposition": expect.stringMatching(/^inline; .*filename\*=UTF-8''K/) as string,
      "content-type": "video/mp4",
      "cache-control": "public, max-age=60",
    });
  });

  it("responds 502 when the other service refuses, before anything is sent", async () => {
    const { url } = await startService((_req, res) => res.writeHead(403).end());
    const { server } = await startFront(url, { filename: "a.mp4" });
    const res = await request(server).get("/films/7");
    expect([res.status, res.type, res.headers["content-disposition"]]).toEqual([
      ...[502, "application/problem+json", undefined],
    ]);
  });
});

/** A service whose response begins, and never ends by itself. */
async function startBeginning(head: object, first: string | Buffer = "first ") {
  const begun: ServerResponse[] = [];
  const closed: Promise<unknown>[] = [];
  const service = await startService((_req, res) => {
    closed.push(once(res, "close"));
    res.writeHead(200, head as IncomingHttpHeaders).write(first);
    begun.push(res);
  });
  return { ...service, begun, closed };
}

it("works as docs/http.md shows it", async () => {
  const film = { "Content-Type": "text/plain" };
  const { url } = await startService((_req, res) => res.writeHead(200, film).end("film"));
  const { client: files } = attach(url);
  const router = Router();
  const scope = { router, files, sendUpstream, parseParams, object, id };
  await runExample("http.md", "sendUpstream(", scope);
  const { app } = createTestApp((routes) => routes.use(router));
  const res = await request(app).get("/films/7");
  expect([res.status, res.text]).toEqual([200, "film"]);
});

describe("what is passed on", () => {
  const get = "GET /films/7 HTTP/1.1\r\nHost: t\r\n\r\n";

  it.each([{ "Content-Length": "100" }, {}])(
    "breaks off when the other service does, and never looks complete: %j",
    async (head) => {
      const { url, begun } = await startBeginning(head);
      const { port, log } = await startFront(url);
      const client = await connectRaw(port);
      client.socket.write(get);
      await client.until(/first /);
      begun[0]!.destroy();
      await client.closed;
      expect(client.received()).not.toMatch(/\r\n0\r\n\r\n$/);
      while (log.length < 2) await turn();
      // In either order: it depends on Node's version.
      expect(log.toSorted((a, b) => String(b.msg).length - String(a.msg).length)).toEqual([
        expect.objectContaining({
          level: "error",
          msg: "request failed",
          err: expect.objectContaining({
            message: expect.stringContaining("stock service ended the connection early") as string,
          }) as object,
        }),
        expect.objectContaining({ msg: "request", status: 200, aborted: true }),
      ]);
    },
  );

  it("ends with the client, which is no error", async () => {
    const { url, closed } = await startBeginning({});
    const { port, log } = await startFront(url);
    const client = await connectRaw(port);
    client.socket.write(get);
    await client.until(/first /);
    client.socket.destroy();
    await closed[0];
    while (log.length === 0) await turn();
    await turn();
    expect(log).toEqual([expect.objectContaining({ msg: "request", status: 200, aborted: true })]);
  });

  it("ends with a client that left before it began", async () => {
    const { url, asked, server } = await startService(() => undefined);
    const upstream: ServerResponse[] = [];
    server.removeAllListeners("request").on("request", (_req, res: ServerResponse) => {
      asked.push("begun");
      upstream.push(res);
    });
    const { port, log } = await startFront(url);
    const client = await connectRaw(port);
    client.socket.write(get);
    while (asked.length === 0) await turn();
    client.socket.destroy();
    while (log.length === 0) await turn();
    const closed = once(upstream[0]!, "close");
    upstream[0]!.write("first ");
    await closed;
    await turn();
    expect(log).toEqual([expect.objectContaining({ msg: "request", status: 499 })]);
  });

  it("comes only as fast as the client reads", async () => {
    const { url, untilStalled } = await startEndless();
    const { port } = await startFront(url);
    const client = await connectRaw(port);
    client.socket.write(get);
    await client.until(/^HTTP/);
    client.socket.pause();
    expect(await untilStalled(80_000_000)).toBeLessThan(40_000_000);
    client.socket.destroy();
  });
});
