import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import request from "supertest";
import { createCsvWriter, type CsvOptions } from "../../src/http/csv";
import { sendCsv, sendNdjson } from "../../src/http/send-rows";
import { harden } from "../../src/port/harden";
import { createTestApp } from "../../src/testing/app";
import { connectRaw } from "../../src/testing/raw-client";
import { endSocketTimer } from "../../src/testing/timers";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function* from<Row>(...rows: Row[]): AsyncGenerator<Row> {
  for (const row of rows) yield await Promise.resolve(row);
}

function csvOf(rows: readonly object[], options: CsvOptions = {}): string {
  const { line, end } = createCsvWriter(options);
  return rows.map((row) => line(row)).join("") + end();
}

describe("CSV", () => {
  it.each<[string, unknown, string]>([
    ["plain text", "größe ⚓", "größe ⚓"],
    ["a comma", "a,b", '"a,b"'],
    ["quotes", 'say "a"', '"say ""a"""'],
    ["only a quote", '"', '""""'],
    ["line breaks", "a\r\nb\nc", '"a\r\nb\nc"'],
    ["spaces", " a ", " a "],
    ["nothing", null, ""],
    ["no value", undefined, ""],
    ["a number", -1.5, "-1.5"],
    ["a large number", 12_345_678_901_234_567_890n, "12345678901234567890"],
    ["a boolean", false, "false"],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["bytes", Buffer.from([255, 0]), "/wA="],
    ["an object", { a: [1] }, '"{""a"":[1]}"'],
    ["a formula", "=1+1", "=1+1"],
  ])("has a field for %s", (_what, value, field) => {
    expect(csvOf([{ value }])).toBe(`value\r\n${field}\r\n`);
  });

  it("has the columns of the first row, or those that are chosen", () => {
    const rows = [
      { a: 1, b: 2 },
      { b: 3, c: 4 },
    ];
    expect(csvOf(rows)).toBe("a,b\r\n1,2\r\n,3\r\n");
    expect(csvOf(rows, { columns: ["c", "a"] })).toBe("c,a\r\n,1\r\n4,\r\n");
    expect(csvOf(rows, { columns: { b: 'The "B"' } })).toBe('"The ""B"""\r\n2\r\n3\r\n');
    expect(csvOf([], { columns: ["c"] })).toBe("c\r\n");
    expect(csvOf([])).toBe("");
  });

  it.each([
    ["=1+1", "'=1+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["+1 555", "'+1 555"],
    ["-a", "'-a"],
    ["\tx", "'\tx"],
    ["-12.50", "-12.50"],
    [-3, "-3"],
    ["a=b", "a=b"],
  ])("has %j as text in a spreadsheet if it is to", (value, field) => {
    expect(csvOf([{ value }], { escapesFormulas: true })).toBe(`value\r\n${field}\r\n`);
  });
});

describe("rows that are sent", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function start(rows: AsyncIterable<object>) {
    const { app, log } = createTestApp((router) =>
      router.get("/rows", (_req, res) => sendNdjson(res, rows)),
    );
    const server = createServer(app);
    harden(server);
    servers.push(server.listen(0, "127.0.0.1"));
    await once(server, "listening");
    const client = await connectRaw((server.address() as AddressInfo).port);
    return { server, client, log };
  }
  const get = "GET /rows HTTP/1.1\r\nHost: t\r\n\r\n";

  it("are CSV or lines of JSON, with a name", async () => {
    const { app } = createTestApp((router) => {
      router.get("/csv", (_req, res) => sendCsv(res, from({ a: 1 }), { filename: "a.csv" }));
      router.get("/ndjson", (_req, res) => sendNdjson(res, from<unknown>({ a: 1 }, [2], "\n")));
    });
    const csv = await request(app).get("/csv");
    expect([csv.text, csv.get("Content-Type"), csv.get("Content-Disposition")]).toEqual([
      ...["a\r\n1\r\n", "text/csv; charset=utf-8", "attachment; filename=a.csv"],
    ]);
    const lines = await request(app).get("/ndjson").buffer(true);
    expect([lines.text, lines.type, lines.get("Cache-Control")]).toEqual([
      ...['{"a":1}\n[2]\n"\\n"\n', "application/x-ndjson", "private, no-cache"],
    ]);
  });

  it("are not read for HEAD", async () => {
    const { app } = createTestApp((router) =>
      router.get("/csv", (_req, res) =>
        sendCsv(res, { [Symbol.asyncIterator]: () => Promise.reject(new Error()) as never }),
      ),
    );
    const res = await request(app).head("/csv");
    expect([res.status, res.type]).toEqual([200, "text/csv"]);
  });

  it("are sent as they come, if they come slowly", async () => {
    let go: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (go = resolve));
    async function* rows() {
      yield { n: 1 };
      await waiting;
      yield { n: 2 };
    }
    const { client } = await start(rows());
    client.socket.write(get);
    await client.until(/{"n":1}/);
    go();
    expect(await client.until(/\r\n0\r\n\r\n$/)).toContain('{"n":2}');
  });

  it("are told to end as soon as the client leaves, even while one is waited for", async () => {
    const returned = new Promise<void>((resolve) => {
      const iterator = {
        next: () => new Promise<never>(() => undefined),
        return: () => {
          resolve();
          return Promise.resolve({ done: true as const, value: undefined });
        },
      };
      void start({ [Symbol.asyncIterator]: () => iterator }).then(async ({ client, server }) => {
        const asked = once(server, "request");
        client.socket.write(get);
        await asked;
        // With a FIN, it might still be waiting.
        client.socket.resetAndDestroy();
      });
    });
    await returned;
  });

  it("are read no faster than the client reads, and end when it stops for too long", async () => {
    let made = 0;
    let isOver = false;
    async function* rows() {
      try {
        for (;;) {
          yield await Promise.resolve({ text: "x".repeat(10_000) });
          made++;
        }
      } finally {
        isOver = true;
      }
    }
    const { client, server, log } = await start(rows());
    const sockets: Socket[] = [];
    server.on("request", ({ socket }) => sockets.push(socket));
    client.socket.write(get);
    await client.until(/^HTTP/);
    client.socket.pause();
    for (let last = -1; last !== made;) {
      last = made;
      for (let time = 0; time < 200; time++) await turn();
    }
    expect([made < 5000, isOver]).toEqual([true, false]);
    // The first time, the kernel may have taken some in the meantime.
    while (!sockets[0]!.destroyed) {
      endSocketTimer(sockets[0]!);
      await turn();
    }
    while (log.length === 0) await turn();
    await turn();
    expect(log).toEqual([expect.objectContaining({ msg: "request", status: 200, aborted: true })]);
    expect(isOver).toBe(true);
  });
});
