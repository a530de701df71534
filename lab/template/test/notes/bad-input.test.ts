import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { connectRaw, startMigratedPostgres, type TestServer } from "berth/testing";
import { startService } from "../../../../test/support/service";

/** The number of times that each input is sent. Increase it to look for leaks. */
const repeats = Number(process.env.BAD_INPUT_REPEATS ?? 5);
const LARGEST_GROWTH_MB = 150;

let server: TestServer;
beforeAll(async () => {
  const { url } = await startMigratedPostgres();
  server = await startService({ DATABASE_URL: url });
});

const json = { "Content-Type": "application/json" };
const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
const note = (fields: object) => ({ method: "POST", headers: json, body: JSON.stringify(fields) });
const raw = (body: string | Buffer, headers: Record<string, string> = json) => ({
  method: "POST",
  headers,
  body,
});

const inputs: [name: string, status: number, path: string, init?: RequestInit][] = [
  ["malformed JSON", 400, "/notes", raw('{"title":')],
  ["invalid UTF-8", 400, "/notes", raw(Buffer.from([0x7b, 0xff, 0x7d]))],
  ["a JSON scalar", 400, "/notes", raw("42")],
  ["no body", 400, "/notes", { method: "POST" }],
  ["another content type", 415, "/notes", raw("title=a", { "Content-Type": "text/plain" })],
  [
    "an unknown charset",
    415,
    "/notes",
    raw("{}", { "Content-Type": "application/json; charset=x" }),
  ],
  ["an unknown encoding", 415, "/notes", raw("{}", { ...json, "Content-Encoding": "zip" })],
  ["a body over the limit", 413, "/notes", note({ title: "x".repeat(200_000), body: "" })],
  ["a gzip bomb", 413, "/notes", raw(bomb, { ...json, "Content-Encoding": "gzip" })],
  ["missing fields", 422, "/notes", note({})],
  ["extra fields", 422, "/notes", note({ title: "a", body: "", admin: true })],
  ["mistyped fields", 422, "/notes", note({ title: 1, body: [] })],
  ["over-long fields", 422, "/notes", note({ title: "x".repeat(201), body: "" })],
  ["a NUL character", 422, "/notes", note({ title: "a\0b", body: "" })],
  ["a __proto__ key", 422, "/notes", raw('{"title":"a","body":"","__proto__":{"x":1}}')],
  ["a lone surrogate", 422, "/notes", raw('{"title":"\\ud800","body":""}')],
  ["an unknown path", 404, "/nothing"],
  ["an id that is no id", 404, "/notes/abc"],
  ["an id that does not exist", 404, "/notes/999999"],
  ["a wrong method", 405, "/notes/1", { method: "PATCH" }],
  ["malformed percent-encoding", 400, "/notes/%E0%A4%A"],
  ["an absurd cursor", 400, "/notes?cursor=%00"],
  ["an absurd limit", 400, "/notes?limit=1e9"],
];

// Jest would take a missing parameter for its callback.
const complete = inputs.map(
  ([name, status, path, init = {}]) => [name, status, path, init] as const,
);

function residentMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

describe("bad input to the built process", () => {
  it.each(complete)(
    `gets its response, time after time: %s (%i)`,
    async (_name, status, path, init) => {
      for (let i = 0; i < repeats; i++) {
        const res = await fetch(server.url + path, init);
        expect([res.status, res.headers.get("content-type")]).toEqual([
          status,
          "application/problem+json; charset=utf-8",
        ]);
        const problem = (await res.json()) as Record<string, unknown>;
        expect(problem).toMatchObject({
          type: "about:blank",
          status,
          requestId: expect.any(String) as string,
        });
        expect(JSON.stringify(problem)).not.toMatch(
          /node_modules|\.js:|SELECT|INSERT|Unexpected|Expected .* received/,
        );
      }
    },
  );

  it("is logged as aborted when the client disconnects in the middle of its request", async () => {
    for (let i = 0; i < repeats; i++) {
      const client = await connectRaw(server.port);
      client.socket.write(
        `POST /notes HTTP/1.1\r\nHost: t\r\nX-Request-Id: gone-${i}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
      );
      await fetch(`${server.url}/livez`);
      client.socket.destroy();
      expect(JSON.parse(await server.line(new RegExp(`"gone-${i}"`)))).toMatchObject({
        aborted: true,
      });
    }
  });

  const onLinux = process.platform === "linux" ? it : it.skip;
  onLinux("leaves the process alive, its memory bounded, and nothing stored", async () => {
    const before = residentMb(server.child.pid);
    for (let i = 0; i < repeats; i++) {
      await (
        await fetch(`${server.url}/notes`, raw(bomb, { ...json, "Content-Encoding": "gzip" }))
      ).text();
    }
    expect(residentMb(server.child.pid) - before).toBeLessThan(LARGEST_GROWTH_MB);
    expect(await (await fetch(`${server.url}/notes`)).json()).toEqual([]);
    const errors = server.log().filter(({ level }) => level !== "info");
    expect(errors).toEqual([]);
  });
});
