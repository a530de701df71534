import { readFileSync } from "node:fs";
import { join } from "node:path";
import createClient, { type Client } from "openapi-fetch";
import { problem, startMigratedPostgres, typeErrorsIn } from "berth/testing";
import { clientTypes } from "../../../../scripts/client";
import { describeService } from "../../../../scripts/openapi";
import { startService } from "../../../../test/support/service";
import type { components, paths } from "./api.d";

type Note = components["schemas"]["Note"];
type Problem = components["schemas"]["Problem"];

describe("a typed client of the notes", () => {
  let notes: Client<paths>;

  beforeAll(async () => {
    const { url } = await startMigratedPostgres();
    const { url: baseUrl } = await startService({ DATABASE_URL: url });
    notes = createClient<paths>({ baseUrl });
  });

  async function create(title: string): Promise<Note> {
    const { data, error } = await notes.POST("/notes", { body: { title, body: "" } });
    if (error) throw new Error(error.title);
    return data;
  }

  it("creates, reads, replaces and deletes a note", async () => {
    const { id, createdAt } = await create("Anchor");
    const params = { path: { id } };
    const body = { title: "Anchor", body: "Up" };
    const { data: replaced } = await notes.PUT("/notes/{id}", { params, body });
    expect(replaced).toMatchObject({ id, createdAt, ...body });
    const { data: read } = await notes.GET("/notes/{id}", { params });
    expect(read).toEqual(replaced);
    const { response } = await notes.DELETE("/notes/{id}", { params });
    expect(response.status).toBe(204);
    const { error } = await notes.GET("/notes/{id}", { params });
    expect(error).toEqual(problem(404, "Not Found", { detail: "There is no such note." }));
  });

  it("lists the newest notes, up to the limit", async () => {
    for (const title of ["1", "2", "3"]) await create(title);
    const { data } = await notes.GET("/notes", { params: { query: { limit: 2 } } });
    expect(data?.map(({ title }: Note) => title)).toEqual(["3", "2"]);
  });

  it("gets the invalid fields of its request", async () => {
    // @ts-expect-error -- The compiler reports it too: the title is missing.
    const { error } = await notes.POST("/notes", { body: { body: "Up" } });
    const told: Problem | undefined = error;
    expect([told?.status, told?.errors]).toEqual([
      422,
      [{ pointer: "/title", detail: "is required" }],
    ]);
  });

  it("has the types of today: npm run client -- test/features/notes/api.d.ts", async () => {
    const errors = typeErrorsIn({
      "kept.d.ts": readFileSync(join(__dirname, "api.d.ts"), "utf8"),
      "today.d.ts": await clientTypes(describeService().document),
      "compare.ts": `
        import type { paths as Kept } from "./kept";
        import type { paths as Today } from "./today";
        export const keep = (today: Today): Pick<Kept, "/notes" | "/notes/{id}"> => today;
      `,
    });
    expect(errors).toEqual([]);
  });
});
