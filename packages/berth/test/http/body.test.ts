import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as v8 from "node:v8";
import * as vm from "node:vm";
import { brotliCompressSync, gzipSync } from "node:zlib";
import express, {
  type ErrorRequestHandler,
  type Request,
  type Response,
  type Router,
} from "express";
import request from "supertest";
import * as v from "valibot";
import { jsonBody, parseBody, readBytes } from "../../src/http/body";
import { parseForm } from "../../src/http/form";
import { object, text } from "../../src/schema/fields";
import { createTestApp, problem } from "../../src/testing/app";
import { connectRaw, type RawClient } from "../../src/testing/raw-client";

const schema = object({
  name: text(1, 10),
  berth: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(9))),
  tags: v.optional(v.array(object({ "a/b~": v.number() }))),
  tier: v.optional(v.picklist(["BASIC", "GOLD"])),
  unit: v.optional(v.literal("Fathom")),
  mail: v.optional(v.pipe(v.string(), v.email("must be like name@example.org"))),
  site: v.optional(v.pipe(v.string(), v.url())),
  depth: v.optional(v.union([v.number(), v.string()], "must be a number, or in words")),
});
const { app } = createTestApp((router) => {
  router.post("/", async (req, res) => void res.json(await parseBody(schema, req)));
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A raw connection to the app. */
async function connectToApp() {
  const server = createServer(app).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return connectRaw((server.address() as AddressInfo).port);
}

const head = "POST / HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

v8.setFlagsFromString("--expose-gc");
const collectGarbage = vm.runInNewContext("gc") as () => void;

/** The memory in use by the process, in bytes. */
function usedMemory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function post(body: string | Buffer, headers: Record<string, string> = {}) {
  const res = await request(app)
    .post("/")
    .set({ "Content-Type": "application/json", ...headers })
    // Raw bytes: superagent would serialize a Buffer as JSON.
    .serialize((sent: unknown) => sent as string)
    .send(body);
  return { status: res.status, body: JSON.parse(res.text) as unknown, headers: res.headers };
}

describe("POST with a JSON body", () => {
  it.each([
    ["plain", '{"name":"x"}', {}],
    ["with a charset", '{"name":"x"}', { "Content-Type": "application/json; charset=UTF-8" }],
    ["gzipped", gzipSync('{"name":"x"}'), { "Content-Encoding": "gzip" }],
    ["brotli", brotliCompressSync('{"name":"x"}'), { "Content-Encoding": "br" }],
    ["with a byte order mark", '\ufeff{"name":"x"}', {}],
    [
      "with a charset in quotes",
      '{"name":"x"}',
      { "Content-Type": 'application/json; charset="utf-8"' },
    ],
    [
      "with a tab before the charset",
      '{"name":"x"}',
      { "Content-Type": "application/json\t;\tcharset=utf-8" },
    ],
    [
      "with another parameter",
      '{"name":"x"}',
      { "Content-Type": 'application/json; v="; charset=x"' },
    ],
    ["of a type like JSON", '{"name":"x"}', { "Content-Type": "APPLICATION/JSON;charset=utf-8" }],
  ])("is parsed when %s", async (_name, body, headers) => {
    expect(await post(body, headers)).toMatchObject({ status: 200, body: { name: "x" } });
  });

  it.each([
    ["malformed JSON", '{"name":', "The body must be valid JSON: an object or an array."],
    ["a scalar", '"name"', "The body must be valid JSON: an object or an array."],
    ["a null", "null", "The body must be valid JSON: an object or an array."],
    ["invalid UTF-8", Buffer.from([0x22, 0xff, 0x22]), "The body is not valid UTF-8."],
  ])("gets 400 for %s", async (_name, body, detail) => {
    expect(await post(body)).toMatchObject({
      status: 400,
      body: problem(400, "Bad Request", { detail }),
    });
  });

  it.each([
    ["another type", { "Content-Type": "text/plain" }],
    ["a form", { "Content-Type": "application/x-www-form-urlencoded" }],
    ["an unknown charset", { "Content-Type": "application/json; charset=klingon" }],
    ["an unknown charset in quotes", { "Content-Type": 'application/json; charset="latin1"' }],
    ["an unknown charset after a tab", { "Content-Type": "application/json;\tcharset=latin1" }],
    [
      "a charset that only begins like UTF-8",
      { "Content-Type": "application/json; charset=utf-80" },
    ],
    ["a charset that JSON does not have", { "Content-Type": "application/json; charset=utf-16" }],
    ["an unknown encoding", { "Content-Encoding": "zip" }],
  ])("gets 415 for %s", async (_name, headers) => {
    const { status, body } = await post('{"name":"x"}', headers);
    expect([status, (body as { title: string }).title]).toEqual([415, "Unsupported Media Type"]);
  });

  it("gets 400 without a body", async () => {
    const res = await request(app).post("/");
    expect([res.status, JSON.parse(res.text)]).toEqual([
      400,
      problem(400, "Bad Request", { detail: "The request needs a JSON body." }),
    ]);
  });

  it("gets 413 over the limit", async () => {
    expect(await post(JSON.stringify({ name: "x".repeat(2000) }))).toMatchObject({
      status: 413,
      body: problem(413, "Payload Too Large", {
        detail: "The body is larger than this service accepts.",
      }),
    });
  });

  it("gets 413 over the limit after decompression", async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, 0x20));
    expect(await post(bomb, { "Content-Encoding": "gzip" })).toMatchObject({ status: 413 });
  });

  it.each([
    ["before the body arrives", "Content-Length: 9999\r\n\r\n{"],
    ["between chunks", `${CHUNKED}401\r\n{${" ".repeat(1024)}\r\n`],
  ])("gets 413 at once, %s", async (_name, rest) => {
    const client = await connectToApp();
    client.socket.write(head + rest);
    await client.until(/^HTTP\/1\.1 413 /);
    client.socket.destroy();
  });

  it("gets 400 when its chunks are empty", async () => {
    const client = await connectToApp();
    client.socket.write(`${head}${CHUNKED}0\r\n\r\n`);
    await client.until(/^HTTP\/1\.1 400 [^]*The body must be valid JSON/);
  });

  it("reads a chunked body, and one in several pieces", async () => {
    const client = await connectToApp();
    client.socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n6\r\n{"name\r\n`);
    client.socket.write('6\r\n":"x"}\r\n0\r\n\r\n');
    await client.until(/{"name":"x"}$/);
    client.socket.write(`${head}Content-Length: 12\r\n\r\n{"name":`);
    await new Promise((resolve) => client.socket.write('"y"}', resolve));
    await client.until(/{"name":"y"}$/);
  });

  it("uses memory in proportion to its bytes, not to its chunks", async () => {
    const limit = 100_000;
    const body = `[${"1,".repeat(limit / 2 - 2)}1]`;
    const req = Object.assign(new Readable({ read: () => undefined }), {
      headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
    }) as unknown as Request & Readable;
    const parsed = new Promise(
      (resolve) => void jsonBody({ limitBytes: limit })(req, {} as Response, resolve),
    );
    await nextTurn();
    const before = usedMemory();
    for (const byte of Buffer.from(body)) req.push(Buffer.of(byte));
    await nextTurn();
    expect(usedMemory() - before).toBeLessThan(20 * limit);
    req.push(null);
    expect(await parsed).toBeUndefined();
    expect(req.body).toEqual(JSON.parse(body));
  });

  it("gets 400 for a body that does not match its Content-Encoding", async () => {
    expect(await post("plain", { "Content-Encoding": "gzip" })).toMatchObject({
      status: 400,
      body: problem(400, "Bad Request", {
        detail: "The body does not match its Content-Encoding.",
      }),
    });
  });
});

describe("POST with fields that are not valid", () => {
  const invalid = (errors: object[]) =>
    problem(422, "Unprocessable Entity", { detail: "Some fields are not valid.", errors });

  it.each<[string, string, object[]]>([
    ["a missing field", "{}", [{ pointer: "/name", detail: "is required" }]],
    ["an array", "[]", [{ pointer: "", detail: "must be of type object" }]],
    ["a mistyped field", '{"name":1}', [{ pointer: "/name", detail: "must be of type string" }]],
    [
      "an empty field",
      '{"name":""}',
      [{ pointer: "/name", detail: "must have at least 1 character" }],
    ],
    [
      "an over-long field",
      '{"name":"12345678901"}',
      [{ pointer: "/name", detail: "must have at most 10 characters" }],
    ],
    [
      "too small a number",
      '{"name":"x","berth":0}',
      [{ pointer: "/berth", detail: "must be at least 1" }],
    ],
    [
      "too large a number",
      '{"name":"x","berth":10}',
      [{ pointer: "/berth", detail: "must be at most 9" }],
    ],
    [
      "a value that is not listed",
      '{"name":"x","tier":"gold"}',
      [{ pointer: "/tier", detail: 'must be one of "BASIC", "GOLD"' }],
    ],
    [
      "another value than the only one",
      '{"name":"x","unit":"fathom"}',
      [{ pointer: "/unit", detail: 'must be "Fathom"' }],
    ],
    [
      "what a schema has its own words for",
      '{"name":"x","mail":"x","depth":[]}',
      [
        { pointer: "/mail", detail: "must be like name@example.org" },
        { pointer: "/depth", detail: "must be a number, or in words" },
      ],
    ],
    [
      "what only the library has words for",
      '{"name":"x","site":"secret"}',
      [{ pointer: "/site", detail: "must be a valid URL" }],
    ],
    [
      "extra fields",
      '{"name":"x","a":1,"b":2}',
      [
        { pointer: "/a", detail: "is not a known field" },
        { pointer: "/b", detail: "is not a known field" },
      ],
    ],
    [
      "a __proto__ key",
      '{"name":"x","__proto__":{}}',
      [{ pointer: "/__proto__", detail: "is not a known field" }],
    ],
    [
      "a NUL character",
      '{"name":"a\\u0000b"}',
      [{ pointer: "/name", detail: "must not contain NUL characters or lone surrogates" }],
    ],
    [
      "a lone surrogate",
      '{"name":"\\ud800"}',
      [{ pointer: "/name", detail: "must not contain NUL characters or lone surrogates" }],
    ],
    [
      "a field deep inside",
      '{"name":"x","tags":[{"a/b~":1},{"a/b~":"2"}]}',
      [{ pointer: "/tags/1/a~1b~0", detail: "must be of type number" }],
    ],
  ])("gets 422 with one entry per field for %s", async (_name, body, errors) => {
    expect(await post(body)).toMatchObject({ status: 422, body: invalid(errors) });
  });

  it("lists the first 20 errors, and how many are omitted", async () => {
    const unknown = Object.fromEntries([...Array(60).keys()].map((n) => [`k${n}`, 0]));
    const { status, body } = await post(JSON.stringify({ name: "x", ...unknown }));
    const errors = [...Array(20).keys()].map((n) => ({
      pointer: `/k${n}`,
      detail: "is not a known field",
    }));
    expect([status, body]).toEqual([422, { ...invalid(errors), omitted: 40 }]);
  });

  it("limits the errors in an array, too", async () => {
    const tags = Array(60).fill({});
    const { status, body } = await post(JSON.stringify({ name: "x", tags }));
    const errors = [...Array(20).keys()].map((n) => ({
      pointer: `/tags/${n}/a~1b~0`,
      detail: "is required",
    }));
    expect([status, body]).toEqual([422, { ...invalid(errors), omitted: 40 }]);
  });

  it("truncates long field names", async () => {
    const { body } = await post(JSON.stringify({ name: "x", ["~".repeat(900)]: 0 }));
    const pointer = `/${"~0".repeat(127)}~...`;
    expect(body).toEqual(invalid([{ pointer, detail: "is not a known field" }]));
  });
});

/** Posts these bytes to a listening app with these routes, and returns its response. */
async function postTo(
  define: (router: Router) => void,
  sent: string | Buffer,
  headers: Record<string, string> = {},
) {
  const res = await request(createTestApp(define).app)
    .post("/x")
    .set({ "Content-Type": "application/json", ...headers })
    .serialize((bytes: unknown) => bytes as string)
    .send(sent);
  return [res.status, JSON.parse(res.text)] as [number, { detail?: string }];
}

const named = object({ name: v.string() });
const large = JSON.stringify({ name: "x".repeat(2000) });

describe("a handler's own limit", () => {
  it.each<[string, (router: Router) => void]>([
    [
      "parseBody",
      (router) =>
        router.post("/x", async (req, res) => {
          res.json((await parseBody(named, req, { limitBytes: 5000 })).name.length);
        }),
    ],
    [
      "jsonBody",
      (router) =>
        router.post("/x", jsonBody({ limitBytes: 5000 }), async (req, res) => {
          res.json((await parseBody(named, req)).name.length);
        }),
    ],
  ])("overrides the app's: %s", async (_name, define) => {
    expect(await postTo(define, large)).toEqual([200, 2000]);
    expect((await postTo(define, large.repeat(3)))[0]).toBe(413);
  });

  it("defaults to the app's, also in a mounted app", async () => {
    const mounted = express();
    mounted.post("/", async (req, res) => void res.json((await readBytes(req)).length));
    const { app } = createTestApp(undefined, { middleware: [mounted] });
    expect((await request(app).post("/").send("x".repeat(1024))).body).toBe(1024);
    expect((await request(app).post("/").send("x".repeat(1025))).status).toBe(413);
  });

  it("is required in an app without a limit", async () => {
    const app = express();
    app.post("/", async (req, res) => void res.json((await readBytes(req)).length));
    app.use(((err: Error, _req, res, _next) => {
      res.status(500).json(err.message);
    }) satisfies ErrorRequestHandler);
    expect((await request(app).post("/").send("x")).body).toMatch(/no body limit/);
  });
});

describe("readBytes", () => {
  const zipped = gzipSync(Buffer.from([0, 255, 1]));
  const bytes = (asSent: boolean) => (router: Router) =>
    router.post("/x", async (req, res) => void res.json([...(await readBytes(req, { asSent }))]));

  it("returns a body of any type, decompressed or as sent", async () => {
    const type = { "Content-Type": "image/png" };
    expect(await postTo(bytes(false), Buffer.from([0, 255, 1]), type)).toEqual([200, [0, 255, 1]]);
    const gzip = { ...type, "Content-Encoding": "GZip" };
    expect(await postTo(bytes(false), zipped, gzip)).toEqual([200, [0, 255, 1]]);
    expect(await postTo(bytes(true), zipped, gzip)).toEqual([200, [...zipped]]);
    expect(await postTo(bytes(false), "", type)).toEqual([200, []]);
  });

  it("can be called again, and before parseBody, to verify a signature", async () => {
    const define = (router: Router) =>
      router.post("/x", async (req, res) => {
        const sent = await readBytes(req, { asSent: true });
        const { name } = await parseBody(named, req);
        res.json([sent.length, (await readBytes(req)).toString(), name]);
      });
    const body = gzipSync('{"name":"x"}');
    expect(await postTo(define, body, { "Content-Encoding": "gzip" })).toEqual([
      200,
      [body.length, '{"name":"x"}', "x"],
    ]);
  });

  it("throws when other middleware has read the body", async () => {
    const { app, log } = createTestApp((router) => {
      router.post("/x", express.text(), async (req, res) => void res.json(await readBytes(req)));
    });
    const { status } = await request(app).post("/x").type("text/plain").send("x");
    expect([status, log.at(0)?.err]).toEqual([
      500,
      expect.objectContaining({ message: expect.stringContaining("already been read") as string }),
    ]);
  });

  it("does not wait for a client that disconnected before the call", async () => {
    const outcome = new Promise((resolve) => {
      const { app } = createTestApp((router) => {
        router.post("/x", (req, res) => {
          const read = () => resolve(readBytes(req).catch((err: unknown) => err));
          res.on("close", () => setImmediate(read));
          client.socket.destroy();
        });
      });
      const server = createServer(app).listen(0, "127.0.0.1");
      servers.push(server);
      let client: RawClient;
      void once(server, "listening").then(async () => {
        client = await connectRaw((server.address() as AddressInfo).port);
        client.socket.write(`${head.replace("/", "/x")}Content-Length: 9\r\n\r\n{`);
      });
    });
    expect(await outcome).toMatchObject({ status: 400 });
  });
});

describe("parseForm", () => {
  const fields = object({ name: text(1, 10), tag: v.optional(v.array(v.string())) });
  const define = (router: Router) =>
    router.post("/x", async (req, res) => void res.json(await parseForm(fields, req)));
  const form = { "Content-Type": "application/x-www-form-urlencoded" };

  it("returns the form's fields, repeated ones as arrays", async () => {
    expect(await postTo(define, "name=M%C3%BCller+1&tag=a&tag=b", form)).toEqual([
      200,
      { name: "Müller 1", tag: ["a", "b"] },
    ]);
  });

  it("returns every field", async () => {
    const many = (router: Router) =>
      router.post("/x", async (req, res) => {
        const all = await parseForm(v.record(v.string(), v.string()), req, { limitBytes: 99_999 });
        res.json(Object.keys(all).length);
      });
    const body = [...Array(3000).keys()].map((n) => `${n}=`).join("&");
    expect(await postTo(many, body, form)).toEqual([200, 3000]);
  });

  it.each<[string, string, Record<string, string>, number, object]>([
    ["no fields", "", form, 422, { errors: [{ pointer: "/name", detail: "is required" }] }],
    [
      "an unknown field",
      "name=x&__proto__=y",
      form,
      422,
      { errors: [{ pointer: "/__proto__", detail: "is not a known field" }] },
    ],
    ["another type", "{}", {}, 415, { title: "Unsupported Media Type" }],
    [
      "another charset",
      "name=x",
      { "Content-Type": `${form["Content-Type"]}; charset=latin1` },
      415,
      {},
    ],
    ["too many bytes", `name=${"x".repeat(2000)}`, form, 413, {}],
  ])("refuses a form with %s", async (_name, sent, headers, status, members) => {
    expect(await postTo(define, sent, headers)).toEqual([status, expect.objectContaining(members)]);
  });

  it("responds 400 without a body", async () => {
    const { app } = createTestApp(define);
    const res = await request(app).post("/x");
    expect([res.status, (JSON.parse(res.text) as { detail: string }).detail]).toEqual([
      400,
      "The request needs a form body.",
    ]);
  });
});

describe("a body that has been parsed by middleware", () => {
  it("is validated by parseBody and parseForm", async () => {
    const define = (router: Router) =>
      router.post("/x", express.urlencoded(), async (req, res) => {
        res.json([await parseBody(named, req), await parseForm(named, req)]);
      });
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    expect(await postTo(define, "name=x", form)).toEqual([200, [{ name: "x" }, { name: "x" }]]);
  });

  it("is parsed by jsonBody if it is JSON, and not read otherwise", async () => {
    const define = (router: Router) =>
      router.post("/x", jsonBody(), (req, res) => void res.json({ body: req.body as unknown }));
    expect(await postTo(define, "[1]")).toEqual([200, { body: [1] }]);
    expect(await postTo(define, "[1]", { "Content-Type": "text/plain" })).toEqual([200, {}]);
    expect(await postTo(define, "")).toEqual([200, {}]);
    expect((await postTo(define, "["))[0]).toBe(400);
  });
});
