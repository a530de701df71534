import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Express, type Request, type Response, Router } from "express";
import request from "supertest";
import { messageClasses } from "../../src/express/messages";
import { sendFile, type SendFileOptions } from "../../src/http/send-file";
import { id, object } from "../../src/schema/fields";
import { parseParams } from "../../src/schema/validate";
import { createTestApp, type LogLine, problem } from "../../src/testing/app";
import { connectRaw } from "../../src/testing/raw-client";
import { runExample } from "../support/page-example";

const folder = mkdtempSync(join(tmpdir(), "sent files "));
const file = join(folder, "report.txt");
const TEXT = "0123456789";
beforeAll(() => writeFileSync(file, TEXT));
afterAll(() => rmSync(folder, { recursive: true }));

/** A day later, when files have settled. */
const later = () => {
  const now = Date.now() + 86_400_000;
  jest.spyOn(Date, "now").mockReturnValue(now);
};
afterEach(() => jest.restoreAllMocks());

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** An app that sends a file, with the classes of the fast path. */
function appWith(path: string, options?: SendFileOptions, headers = {}) {
  const { app, log } = createTestApp((router) =>
    router.get("/report", async (_req: Request, res: Response) => {
      res.set(headers);
      await sendFile(res, path, options);
    }),
  );
  const server = createServer(messageClasses(app), app);
  servers.push(server);
  return { server, app, log };
}

const settledTag = async (): Promise<[string, string]> => {
  later();
  const { headers } = await request(appWith(file).server).get("/report");
  return [String(headers.etag), String(headers["last-modified"])];
};

describe("sendFile", () => {
  it("sends the whole file, with what a client needs to ask again for it or for a part", async () => {
    later();
    const res = await request(appWith(file).server).get("/report");
    expect([res.status, res.text]).toEqual([200, TEXT]);
    expect(res.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-length": "10",
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache, no-transform",
      etag: expect.stringMatching(/^"a-\w+"$/) as string,
      "last-modified": expect.stringMatching(/ GMT$/) as string,
    });
    expect(res.headers["content-disposition"]).toBeUndefined();
  });

  it("has another tag for another content of the same size and modification time", async () => {
    const path = join(folder, "copy.txt");
    const tags = [];
    for (const content of ["aaaa", "bbbb"]) {
      writeFileSync(`${path}.new`, content);
      execFileSync("touch", ["-d", "2026-01-01T00:00:00Z", `${path}.new`]);
      renameSync(`${path}.new`, path);
      const { headers } = await request(appWith(path).server).get("/report");
      expect(headers["last-modified"]).toBe("Thu, 01 Jan 2026 00:00:00 GMT");
      tags.push(String(headers.etag).replace(/^W\//, ""));
    }
    expect(tags[0]).not.toBe(tags[1]);
  });

  it("has a weak tag for a file that has just changed", async () => {
    const path = join(folder, "fresh.txt");
    writeFileSync(path, "fresh");
    jest.spyOn(Date, "now").mockReturnValue(Date.now());
    const { headers } = await request(appWith(path).server).get("/report");
    expect(headers.etag).toMatch(/^W\/"/);
    const res = await request(appWith(path).server)
      .get("/report")
      .set({ Range: "bytes=0-1", "If-Range": String(headers.etag) });
    expect([res.status, res.text]).toEqual([200, "fresh"]);
  });

  it.each<[string, number, string, string]>([
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=8-100", 206, "89", "bytes 8-9/10"],
    ["bytes=0-9", 200, TEXT, ""],
    // Several parts may be responded to with all of it, and a unit or form that is unknown is ignored (RFC 9110, 14.2).
    ["bytes=0-1,4-5", 200, TEXT, ""],
    ["pages=1-2", 200, TEXT, ""],
    ["bytes=x", 200, TEXT, ""],
  ])("responds to Range: %s with %i", async (range, status, text, contentRange) => {
    const res = await request(appWith(file).server).get("/report").set("Range", range);
    expect([res.status, res.text, res.get("Content-Range") ?? ""]).toEqual([
      ...[status, text, contentRange],
    ]);
    expect(res.get("Content-Length")).toBe(String(text.length));
  });

  it("responds 416 to a range behind the end, and tells the size", async () => {
    const res = await request(appWith(file).server).get("/report").set("Range", "bytes=10-");
    expect([res.status, JSON.parse(res.text), res.get("Content-Range")]).toEqual([
      416,
      problem(416, "Range Not Satisfiable", { detail: "The file is not that long." }),
      "bytes */10",
    ]);
    for (const name of ["etag", "cache-control", "accept-ranges"]) {
      expect(res.headers[name]).toBeUndefined();
    }
  });

  it("responds 304 to a client that has it", async () => {
    const [tag, date] = await settledTag();
    const conditions = [
      { "If-None-Match": tag },
      { "If-None-Match": `"other", W/${tag}` },
      { "If-Modified-Since": date },
      { "If-None-Match": tag, Range: "bytes=0-1" },
    ];
    for (const headers of conditions) {
      const res = await request(appWith(file).server).get("/report").set(headers);
      expect([res.status, res.text, res.get("ETag")]).toEqual([304, "", tag]);
      expect(res.headers["content-type"]).toBeUndefined();
    }
    const res = await request(appWith(file).server)
      .get("/report")
      .set({ "If-None-Match": '"other"', "If-Modified-Since": date });
    expect(res.status).toBe(200);
  });

  it("continues a download only of the same file", async () => {
    const [tag, date] = await settledTag();
    const partOf = async (condition: string) => {
      const headers = { Range: "bytes=5-", "If-Range": condition };
      const { status, text } = await request(appWith(file).server).get("/report").set(headers);
      return [status, text];
    };
    expect(await partOf(tag)).toEqual([206, "56789"]);
    expect(await partOf(date)).toEqual([206, "56789"]);
    expect(await partOf('"other"')).toEqual([200, TEXT]);
    expect(await partOf(`W/${tag}`)).toEqual([200, TEXT]);
    expect(await partOf("Thu, 01 Jan 2026 00:00:00 GMT")).toEqual([200, TEXT]);
  });

  it("responds 412 if it is not the file that the client expects", async () => {
    const [tag, date] = await settledTag();
    const statusFor = async (headers: Record<string, string>) =>
      (await request(appWith(file).server).get("/report").set(headers)).status;
    expect(await statusFor({ "If-Match": `"other", ${tag}` })).toBe(200);
    expect(await statusFor({ "If-Match": "*" })).toBe(200);
    expect(await statusFor({ "If-Match": '"other"' })).toBe(412);
    expect(await statusFor({ "If-Match": `W/${tag}` })).toBe(412);
    expect(await statusFor({ "If-Unmodified-Since": date })).toBe(200);
    expect(await statusFor({ "If-Unmodified-Since": "soon" })).toBe(200);
    const past = { "If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT" };
    expect(await statusFor(past)).toBe(412);
  });

  it("sends only headers for HEAD, of the whole file", async () => {
    const res = await request(appWith(file).server).head("/report").set("Range", "bytes=1-2");
    expect([res.status, res.get("Content-Length"), res.text]).toEqual([200, "10", undefined]);
  });

  it("sends an empty file", async () => {
    writeFileSync(join(folder, "empty"), "");
    const res = await request(appWith(join(folder, "empty")).server).get("/report");
    expect([res.status, res.get("Content-Length"), res.type]).toEqual([
      ...[200, "0", "application/octet-stream"],
    ]);
  });

  it.each<[SendFileOptions, string, string]>([
    [{ filename: "Bericht.pdf" }, "attachment; filename=Bericht.pdf", "application/pdf"],
    [
      { filename: "Größe €.csv" },
      "attachment; filename=\"Gr??e ?.csv\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%82%AC.csv",
      "text/csv",
    ],
    [{ filename: 'a"b.csv', isInline: true }, 'inline; filename="a\\"b.csv"', "text/csv"],
    [{ filename: "a\r\nX-A: b.txt" }, "attachment; ", "text/plain"],
    [{ filename: "a.csv", type: "text/plain" }, "attachment; filename=a.csv", "text/plain"],
  ])("names the download by %j", async (options, disposition, type) => {
    const res = await request(appWith(file, options).server).get("/report");
    expect([res.status, res.type]).toEqual([200, type]);
    expect(res.get("Content-Disposition")).toContain(disposition);
    expect(res.headers["x-a"]).toBeUndefined();
  });

  it("keeps what the handler has set, and takes its tag", async () => {
    const own = { "Cache-Control": "public, max-age=60", "Content-Type": "text/x-own" };
    const { server } = appWith(file, { etag: '"v7"' }, own);
    const res = await request(server).get("/report");
    expect([res.get("Cache-Control"), res.type, res.get("ETag")]).toEqual([
      ...["public, max-age=60", "text/x-own", '"v7"'],
    ]);
  });

  it("responds 404 for what is no file", async () => {
    mkdirSync(join(folder, "folder"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    for (const name of ["missing", "report.txt/x", "folder", "pipe", "x".repeat(300)]) {
      const res = await request(appWith(join(folder, name)).server).get("/report");
      expect([res.status, JSON.parse(res.text)]).toEqual([
        404,
        problem(404, "Not Found", { detail: "There is no such file." }),
      ]);
    }
  });

  it("refuses a relative path, which would depend on the working directory", async () => {
    const { server, log } = appWith("report.txt");
    expect((await request(server).get("/report")).status).toBe(500);
    expect(JSON.stringify(log)).toContain("must be absolute");
  });
});

it("works as docs/http.md shows it", async () => {
  const router = Router();
  const invoices = { find: () => Promise.resolve({ number: "2026/ü", file: "report.txt" }) };
  const scope = { router, invoices, sendFile, parseParams, object, id, join, folder };
  await runExample("http.md", "sendFile(", scope);
  const { app } = createTestApp((routes) => routes.use(router));
  const res = await request(app).get("/invoices/7.pdf").set("Range", "bytes=0-1").buffer(true);
  expect([res.status, String(res.body)]).toEqual([206, "01"]);
  expect(res.get("Content-Disposition")).toMatch(/^attachment; .*filename\*=UTF-8''/);
});

describe("a file that is being sent", () => {
  const large = join(folder, "large");
  const SIZE = 2 ** 26;

  async function startSending(app: Express) {
    const server = createServer(messageClasses(app), app).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    const client = await connectRaw((server.address() as AddressInfo).port);
    client.socket.pause();
    client.socket.write("GET /report HTTP/1.1\r\nHost: t\r\n\r\n");
    return client;
  }

  /** Resolves with the log once the request is over. */
  async function untilLogged(log: LogLine[]) {
    while (!log.some(({ msg }) => msg === "request")) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return log;
  }

  it("breaks the connection off when it becomes shorter, with one error in the log", async () => {
    writeFileSync(large, "");
    truncateSync(large, SIZE);
    const { app, log } = appWith(large);
    const client = await startSending(app);
    let bytes = 0;
    client.socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
    client.socket.once("data", () => truncateSync(large, 2 ** 20));
    client.socket.resume();
    await client.closed;
    expect(bytes).toBeLessThan(SIZE);
    expect(await untilLogged(log)).toEqual([
      expect.objectContaining({ level: "error", msg: "request failed" }),
      expect.objectContaining({ msg: "request", status: 200, aborted: true }),
    ]);
    expect(JSON.stringify(log)).toContain("became shorter while it was sent");
  });

  it("is the one that was asked for, though it is replaced meanwhile", async () => {
    writeFileSync(large, Buffer.alloc(SIZE, "a"));
    const { app } = appWith(large);
    const client = await startSending(app);
    client.socket.once("data", () => {
      writeFileSync(`${large}.new`, "b");
      renameSync(`${large}.new`, large);
    });
    let others = 0;
    let bytes = 0;
    client.socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      others += chunk.includes("b\n") ? 1 : 0;
      if (bytes > SIZE) client.socket.destroy();
    });
    client.socket.resume();
    await client.closed;
    expect([bytes > SIZE, others]).toEqual([true, 0]);
  });

  it("is closed when its client leaves, which is no error", async () => {
    writeFileSync(large, "");
    truncateSync(large, SIZE);
    const { app, log } = appWith(large);
    const client = await startSending(app);
    client.socket.once("data", () => client.socket.destroy());
    client.socket.resume();
    await client.closed;
    expect(await untilLogged(log)).toEqual([
      expect.objectContaining({ msg: "request", status: 200, aborted: true }),
    ]);
  });
});
