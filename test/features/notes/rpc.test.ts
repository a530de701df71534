import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { loadProtos, serviceIn } from "../../../src/chassis/grpc/protos";
import { asServer, startProcess, type TestServer } from "../../chassis/support/process";
import { atEnd } from "../../support/at-end";
import { testEnv } from "../../support/env";
import { startMigratedPostgres } from "../../support/service";

const root = join(__dirname, "../../..");
const methods = serviceIn(
  loadProtos(join(root, "src/features/notes/notes.proto")),
  "notes.v1.Notes",
);

interface NoteMessage {
  id: string;
  title: string;
  createdAt: { seconds: string };
}

async function startGrpcService(env: Record<string, string> = {}): Promise<TestServer> {
  const service = startProcess("dist/grpc.js", { PORT: "0", ...testEnv, ...env });
  atEnd(() => service.stop());
  return asServer(service);
}

function clientOf({ port }: TestServer) {
  const client = new Client(`localhost:${port}`, credentials.createInsecure());
  atEnd(() => Promise.resolve(client.close()));
  const find = (name: string) => methods[name]!;
  return {
    call: <T>(name: string, request: object = {}) =>
      new Promise<T>((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = find(name);
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          new Metadata(),
          (err, answer) => (err ? reject(err) : resolve(answer as T)),
        );
      }),
    stream(name: string) {
      const { path, requestSerialize, responseDeserialize } = find(name);
      return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {});
    },
  };
}

describe("notes.v1.Notes", () => {
  let notes: ReturnType<typeof clientOf>;
  beforeAll(async () => {
    const { url } = await startMigratedPostgres();
    notes = clientOf(await startGrpcService({ DATABASE_URL: url, WEB_CONCURRENCY: "2" }));
  });

  it("keeps what is created, by all workers", async () => {
    const note = await notes.call<NoteMessage>("CreateNote", { title: "Knots", body: "✓" });
    expect(note).toMatchObject({ title: "Knots", body: "✓" });
    expect(Number(note.createdAt.seconds) * 1000).toBeGreaterThan(Date.now() - 60_000);
    expect(await notes.call("GetNote", { id: note.id })).toEqual(note);
  });

  it.each(["999999", "x", ""])("has no note %j", async (id) => {
    await expect(notes.call("GetNote", { id })).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: "There is no such note.",
    });
  });

  it("refuses what is no note", async () => {
    await expect(notes.call("CreateNote", { title: "" })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    await expect(notes.call("ListNotes", { pageSize: -1 })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  it("lists page by page, and streams all, newest first", async () => {
    const titles = Array.from({ length: 120 }, (_, i) => `note ${i}`);
    for (const title of titles) await notes.call("CreateNote", { title });
    const first = await notes.call<Page>("ListNotes", { pageSize: 2 });
    const next = await notes.call<Page>("ListNotes", { pageToken: first.nextPageToken });
    const listed = [...first.notes, ...next.notes].map(({ title }) => title);
    expect(listed).toEqual(titles.toReversed().slice(0, 22));

    const streamed: string[] = [];
    for await (const of of notes.stream("StreamNotes")) streamed.push((of as NoteMessage).title);
    expect(streamed.slice(0, 120)).toEqual(titles.toReversed());
  });
});

interface Page {
  notes: NoteMessage[];
  nextPageToken: string;
}

describe("the gRPC process", () => {
  it("says that its database is away", async () => {
    const notes = clientOf(await startGrpcService());
    await expect(notes.call("ListNotes")).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: "The database is not available at the moment.",
    });
  });

  it("drains, and exits with 0", async () => {
    const server = await startGrpcService();
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(server.log().map(({ msg }) => msg)).toEqual([
      `grpc is listening on port ${server.port}`,
      "SIGTERM received, draining",
    ]);
  });

  it("says that its port is taken, and exits with 1", async () => {
    const { port } = await startGrpcService();
    const second = startProcess("dist/grpc.js", { ...testEnv, PORT: String(port) });
    expect(await second.exit).toBe(1);
    expect(second.lines.join()).toContain(`Port ${port} is taken`);
  });

  const packagesOf = (file: string): string[] => {
    const print = `
      require(${JSON.stringify(join(root, "dist", file))});
      process.stdout.write(JSON.stringify(Object.keys(require.cache)));
      process.exit();`;
    const files = execFileSync(process.execPath, ["-e", print], {
      env: { ...testEnv, PORT: "0", LOG_LEVEL: "silent" },
      encoding: "utf8",
    });
    return (JSON.parse(files) as string[]).filter((name) => name.includes("node_modules"));
  };

  it("loads nothing of web, and web nothing of it", () => {
    const ofGrpc = /node_modules\/(@grpc|@?protobufjs)\//;
    const ofWeb = /node_modules\/express\//;
    const [grpc, web] = [packagesOf("grpc.js"), packagesOf("server.js")];
    expect([
      grpc.some((name) => ofGrpc.test(name)),
      grpc.filter((name) => ofWeb.test(name)),
    ]).toEqual([true, []]);
    expect([web.some((name) => ofWeb.test(name)), web.filter((name) => ofGrpc.test(name))]).toEqual(
      [true, []],
    );
  });
});
