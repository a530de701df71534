import request from "supertest";
import * as v from "valibot";
import { jsonBody, parseBody } from "../../src/http/body";
import { idempotent, type IdempotentResponse } from "../../src/http/idempotent";
import { arrayOf, object, text } from "../../src/schema/fields";
import { createTestApp, problem } from "../../src/testing/app";

interface Folder {
  name: string;
  folders?: Folder[] | undefined;
}
const folder: v.GenericSchema<Folder> = object({
  name: text(0, 100),
  folders: v.optional(
    arrayOf(
      v.lazy(() => folder),
      0,
      10,
    ),
  ),
});

const { app, log } = createTestApp(
  (router) => {
    router.post("/folders", async (req, res) => void res.json(await parseBody(folder, req)));
    router.post("/keyed", async (req, res) => {
      const body: unknown = await parseBody(v.unknown(), req);
      const once = async (
        _request: unknown,
        work: (db: undefined) => Promise<IdempotentResponse>,
      ) => ({
        response: await work(undefined),
        isRepeated: false,
      });
      await idempotent(once, req, res, () => Promise.resolve({ status: 201, body }));
    });
    router.post("/echo", jsonBody(), (req, res) => void res.json(req.body));
  },
  { bodyLimitBytes: 1_000_000 },
);

const post = (path: string, body: string) =>
  request(app).post(path).type("json").set("Idempotency-Key", "k").send(body);

/** Nested folders. */
const folders = (levels: number) =>
  `${'{"name":"","folders":['.repeat(levels)}${"]}".repeat(levels)}`;
const arrays = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

const TOO_DEEP = problem(400, "Bad Request", {
  detail: "The body is nested too deeply: at most 128 levels of objects and arrays are allowed.",
});

describe("deeply nested JSON", () => {
  it.each([
    ["on a schema that contains itself", "/folders", folders(2500)],
    ["on a keyed route", "/keyed", arrays(40_000)],
    ["without a schema", "/echo", arrays(400_000)],
    ["in a wide document", "/echo", `[${"{},".repeat(1000)}${arrays(128)}]`],
    ["after strings with brackets and escapes", "/echo", `["]]]\\\\\\"]]",${arrays(128)}]`],
    ["without closing brackets", "/echo", "[".repeat(40_000)],
  ])("is refused %s", async (_where, path, body) => {
    const res = await post(path, body);
    expect([res.status, res.body]).toEqual([400, TOO_DEEP]);
    expect(log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it.each([
    ["up to 128 levels", "/keyed", arrays(128), 201],
    ["up to 128 levels of a schema", "/folders", folders(64), 200],
    ["with many brackets on one level", "/echo", `[${"[],{},".repeat(1000)}[]]`, 200],
    [
      "with brackets in text",
      "/echo",
      JSON.stringify(["[".repeat(500), '"\\', "{[".repeat(99)]),
      200,
    ],
  ])("is accepted %s", async (_where, path, body, status) => {
    const res = await post(path, body);
    expect([res.status, res.text]).toEqual([status, body]);
  });

  it("is malformed when a string is not closed", async () => {
    const res = await post("/echo", `[${"[],".repeat(200)}"\\`);
    expect(res.status).toBe(400);
    expect((res.body as { detail: string }).detail).toMatch(/^The body must be valid JSON/);
  });
});
