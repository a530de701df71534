// Where the processes of a formation are, said once.
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { atEnd, holdTimeouts, startUpstream } from "berth/testing";
import { createPlaces } from "../../src/formation/places";

const URL = "postgres://postgres@127.0.0.1:5100/a_b";

function collect(...names: string[]) {
  const said: string[] = [];
  let last: (() => void) | undefined;
  const places = createPlaces(names, (text) => {
    said.push(text);
    if (said.length > names.length) last?.();
  });
  return { said, places, complete: new Promise<void>((resolve) => (last = resolve)) };
}
const listening = (port: string | number) =>
  JSON.stringify({ level: "info", port, msg: `web is listening on port ${port}` });
const portOf = (url: string) => new globalThis.URL(url).port;

describe("the places of a formation", () => {
  it("are said when everything is up, with the documentation of those that have it", async () => {
    const web = await startUpstream((req, res) => {
      res.statusCode = req.url === "/docs" && req.method === "HEAD" ? 200 : 500;
      res.end();
    });
    const bare = await startUpstream((_req, res) => void res.writeHead(404).end());
    const grpc: Server = createServer((socket) => void socket.end("\0\0\0")).listen(0, "127.0.0.1");
    await once(grpc, "listening");
    atEnd(() => Promise.resolve(grpc.close()));
    const { said, places, complete } = collect("web.1", "db.1", "other.1", "grpc.1");
    places.read("db.1", `embedded PostgreSQL ready on ${URL}`);
    places.read("web.1", "a line");
    places.read("web.1", listening(portOf(web.url)));
    places.started();
    places.read("grpc.1", listening((grpc.address() as AddressInfo).port));
    expect(said).toEqual([]);
    places.read("other.1", listening(portOf(bare.url)));
    await complete;
    const at = (url: string) => url.replace("127.0.0.1", "localhost");
    expect(said).toEqual([
      "everything is up:",
      `  web.1   ${at(web.url)}, docs at ${at(web.url)}/docs`,
      `  db.1    ${URL}`,
      `  other.1 ${at(bare.url)}`,
      `  grpc.1  localhost:${(grpc.address() as AddressInfo).port}`,
    ]);
    // After a reload.
    places.read("web.1", listening(1));
    places.started();
    expect(said).toHaveLength(5);
  });

  it("do not wait for a process without a port that says that it is running", () => {
    holdTimeouts();
    const { said, places, complete } = collect("db.1", "worker.1");
    places.started();
    places.read("db.1", `embedded PostgreSQL ready on ${URL}`);
    places.read("worker.1", '{"level":"info","msg":"the queue is running"}');
    expect(said).toEqual([]);
    places.read("worker.1", '{"level":"info","time":1,"pid":5,"msg":"worker is running"}');
    return complete.then(() =>
      expect(said).toEqual([
        "everything is up:",
        `  db.1     ${URL}`,
        "  worker.1 runs in the background",
      ]),
    );
  });

  it("name those that say nothing, once, until these are up, too", async () => {
    holdTimeouts();
    const { said, places, complete } = collect("db.1", "worker.1");
    places.started();
    jest.advanceTimersByTime(4999);
    places.read("db.1", `embedded PostgreSQL ready on ${URL}`);
    jest.advanceTimersByTime(4999);
    expect(said).toEqual([]);
    jest.advanceTimersByTime(1);
    await new Promise(setImmediate);
    const part = ["worker.1: not known to be up; the others are:", `  db.1 ${URL}`];
    expect(said).toEqual(part);
    places.started();
    jest.advanceTimersByTime(10_000);
    await new Promise(setImmediate);
    expect(said).toEqual(part);
    places.read("worker.1", '{"level":"info","time":1,"pid":5,"msg":"worker is running"}');
    await complete;
    expect(said.slice(2)).toEqual([
      "everything is up:",
      `  db.1     ${URL}`,
      "  worker.1 runs in the background",
    ]);
  });
});
