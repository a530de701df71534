import { join } from "node:path";
import { loadProtos } from "berth-grpc";
import { createClient, status } from "berth-grpc/testing";
import { atEnd, startMigratedPostgres, type TestServer } from "berth/testing";
import { startGrpcService } from "../../support/grpc";

const root = join(__dirname, "../../..");
const protos = loadProtos(join(root, "src/features/notes/notes.proto"));

interface NoteMessage {
  id: string;
  title: string;
  createdAt: { seconds: string };
}

function clientOf({ port }: TestServer) {
  const rpc = createClient(port, protos);
  atEnd(() => Promise.resolve(rpc.client.close()));
  return {
    call: async <T>(method: string, request: object = {}) =>
      (await rpc.unary<T>(`Notes.${method}`, request)).response,
    stream: (method: string) => rpc.stream(`Notes.${method}`),
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

  it("rejects an invalid note", async () => {
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

it("says that the database is not available", async () => {
  const notes = clientOf(await startGrpcService());
  await expect(notes.call("ListNotes")).rejects.toMatchObject({
    code: status.UNAVAILABLE,
    details: "The database is not available at the moment.",
  });
});
