import type { Express } from "express";
import request, { type Response } from "supertest";
import type { Database } from "berth/postgres";
import { problem, startMigratedPostgres } from "berth/testing";
import { createTestApp } from "../../support/app";

let database: Database;
let app: Express;

beforeAll(async () => {
  const { url } = await startMigratedPostgres();
  ({
    app,
    services: { database },
  } = createTestApp({ DATABASE_URL: url }));
});
beforeEach(() => database.query("DELETE FROM notes"));

/** A note as clients write it; the number distinguishes several. */
const input = (number = 1) => ({ title: `Title ${number}`, body: "Down" });

const post = (body: object) => request(app).post("/notes").send(body);
const put = (id: string, body: object) => request(app).put(`/notes/${id}`).send(body);
const idOf = (res: Response): string => (res.body as { id: string }).id;
const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const problemOf = (res: Response) => JSON.parse(res.text) as unknown;
const nothingThere = problem(404, "Not Found", { detail: "There is nothing at this path." });
const noSuchNote = problem(404, "Not Found", { detail: "There is no such note." });
const notIds = [
  "abc",
  "0",
  "-1",
  "1.5",
  "01",
  "1e3",
  "9223372036854775808",
  "1".repeat(500),
  "%00",
  "null",
];

describe("POST /notes", () => {
  it("creates a note, with its Location", async () => {
    const res = await post(input());
    expect([res.status, res.type]).toEqual([201, "application/json"]);
    expect(res.body).toEqual({
      id: expect.stringMatching(/^\d+$/) as string,
      ...input(),
      createdAt: timestamp,
      updatedAt: timestamp,
    });
    const { pathname } = new URL(res.headers.location as string, "http://any/notes");
    expect(pathname).toBe(`/notes/${idOf(res)}`);
    expect((await request(app).get(pathname)).body).toEqual(res.body);
  });

  it("stores nothing when a text has a NUL character", async () => {
    expect((await post({ title: "a\0", body: "" })).status).toBe(422);
    expect((await request(app).get("/notes")).body).toEqual([]);
  });

  it("keeps any text as it is", async () => {
    const note = { title: "'; DROP TABLE notes; --", body: "𝔘\u{1F6A2}\n\t\\ \"'" };
    expect((await post(note)).body).toMatchObject(note);
  });

  it("takes 200 characters of title and 10,000 of body, and no more", async () => {
    expect((await post({ title: "x".repeat(200), body: "y".repeat(10_000) })).status).toBe(201);
    const res = await post({ title: "x".repeat(201), body: "y".repeat(10_001) });
    expect([res.status, problemOf(res)]).toEqual([
      422,
      problem(422, "Unprocessable Entity", {
        detail: "Some fields are not valid.",
        errors: [
          { pointer: "/title", detail: "must have at most 200 characters" },
          { pointer: "/body", detail: "must have at most 10000 characters" },
        ],
      }),
    ]);
  });

  it("stores nothing when a field is not valid", async () => {
    expect((await post({ ...input(), extra: true })).status).toBe(422);
    expect((await request(app).get("/notes")).body).toEqual([]);
  });
});

describe("GET /notes/:id", () => {
  it("responds 404 when the note does not exist", async () => {
    const res = await request(app).get("/notes/9223372036854775807");
    expect([res.status, problemOf(res)]).toEqual([404, noSuchNote]);
  });

  it.each(notIds)("responds 404 when the id is not valid: %s", async (id) => {
    const res = await request(app).get(`/notes/${id}`);
    expect([res.status, problemOf(res)]).toEqual([404, nothingThere]);
  });

  it("responds 400 when the id cannot be decoded", async () => {
    expect((await request(app).get("/notes/%E0%A4%A")).status).toBe(400);
  });

  it("responds 405 with Allow to other methods", async () => {
    const res = await request(app).patch("/notes/1");
    expect([res.status, res.headers.allow]).toEqual([405, "DELETE, GET, HEAD, PUT"]);
  });
});

describe("PUT /notes/:id", () => {
  it("replaces the note", async () => {
    const created = await post(input());
    const res = await put(idOf(created), input(2));
    const { id, createdAt } = created.body as { id: string; createdAt: string };
    expect([res.status, res.body]).toEqual([
      200,
      { id, ...input(2), createdAt, updatedAt: timestamp },
    ]);
    expect((await request(app).get(`/notes/${id}`)).body).toEqual(res.body);
  });

  it("responds 404 when the note does not exist, and creates none", async () => {
    const res = await put("1", input());
    expect([res.status, problemOf(res)]).toEqual([404, noSuchNote]);
    expect((await request(app).get("/notes")).body).toEqual([]);
  });

  it("responds 422 and keeps the note when a field is not valid", async () => {
    const created = await post(input());
    expect((await put(idOf(created), {})).status).toBe(422);
    expect((await request(app).get(`/notes/${idOf(created)}`)).body).toEqual(created.body);
  });
});

describe("DELETE /notes/:id", () => {
  it("deletes the note, once", async () => {
    const id = idOf(await post(input()));
    const first = await request(app).delete(`/notes/${id}`);
    expect([first.status, first.text]).toEqual([204, ""]);
    const second = await request(app).delete(`/notes/${id}`);
    expect([second.status, problemOf(second)]).toEqual([404, noSuchNote]);
  });
});

describe("GET /notes", () => {
  const ids = (res: Response) => (res.body as { id: string }[]).map(({ id }) => id);
  const next = (res: Response) =>
    `/notes${/^<(\?[^>]+)>; rel="next"$/.exec(res.headers.link as string)?.[1] ?? ""}`;

  it("lists the newest first, page by page, with a Link to the next", async () => {
    const newest: string[] = [];
    for (const number of [1, 2, 3, 4, 5]) newest.unshift(idOf(await post(input(number))));
    const first = await request(app).get("/notes?limit=2");
    expect([first.status, ids(first)]).toEqual([200, newest.slice(0, 2)]);
    // A note that is created or deleted in between neither repeats nor hides another.
    await post(input(6));
    const second = await request(app).get(next(first));
    expect(ids(second)).toEqual(newest.slice(2, 4));
    const third = await request(app).get(next(second));
    expect([ids(third), third.headers.link]).toEqual([newest.slice(4), undefined]);
  });

  it("has no next page when the last one is full", async () => {
    for (const number of [1, 2]) await post(input(number));
    expect((await request(app).get("/notes?limit=2")).headers.link).toBeUndefined();
  });

  it("returns 20 notes by default", async () => {
    await database.query(
      "INSERT INTO notes (title, body) SELECT 'x', '' FROM generate_series(1, 21)",
    );
    expect((await request(app).get("/notes")).body).toHaveLength(20);
  });

  it.each(["0", "101", "-1", "abc", "", "1e1", "1&limit=2"])(
    "responds 400 to limit=%s",
    async (limit) => {
      const res = await request(app).get(`/notes?limit=${limit}`);
      expect([res.status, problemOf(res)]).toEqual([
        400,
        problem(400, "Bad Request", {
          detail: "Some query parameters are not valid.",
          errors: [expect.objectContaining({ parameter: "limit" })],
        }),
      ]);
    },
  );

  it.each(["0", "abc", "", "9223372036854775808", "1&cursor=2", "%00"])(
    "responds 400 to cursor=%s",
    async (cursor) => {
      expect((await request(app).get(`/notes?cursor=${cursor}`)).status).toBe(400);
    },
  );

  it("responds 400 to an unknown parameter", async () => {
    expect((await request(app).get("/notes?page=2")).status).toBe(400);
  });
});
