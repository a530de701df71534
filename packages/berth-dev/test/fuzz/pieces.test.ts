import type { Router } from "express";
import * as v from "valibot";
import { describeRoute } from "berth/api";
import { Problem, sendPage } from "berth/http";
import * as fields from "berth/schema";
import { queryBoolean, queryInteger, queryList } from "berth/schema";
import { createSchemaValidator, type JsonSchema } from "../../src/fuzz/document";
import { createKnownIds } from "../../src/fuzz/known-ids";
import { createNextPages } from "../../src/fuzz/next-pages";
import { withKnownIds } from "../../src/fuzz/references";
import { violationsOf } from "../../src/fuzz/violations";
import { foundIn, fuzzRoutes, RUNS } from "./throwaway";

const { arrayOf, date, dateTime, id, integer, money, object, oneOf, someOf, text } = fields;
const { pageCursor, pageQuery } = fields;

interface Part {
  name: string;
  parts?: Part[];
}
const part: v.GenericSchema<Part> = v.pipe(
  object({ name: text(1, 5), parts: v.optional(v.lazy(() => arrayOf(part, 0, 3))) }),
  v.title("Part"),
);

const ship = object({
  id,
  launched: date,
  seen: dateTime,
  price: money("EUR", "USD"),
  hull: part,
  nick: v.nullable(text(2, 3)),
  kind: oneOf("sail", "steam"),
  tags: arrayOf(text(1, 9), 1, 3),
  speed: v.optional(v.number()),
  crew: v.record(v.string(), integer(1, 2)),
  code: v.pipe(v.string(), v.regex(/^[A-Z]{3}-\d+$/)),
  mail: v.pipe(v.string(), v.email()),
  key: v.pipe(v.string(), v.uuid()),
  site: v.pipe(v.string(), v.url()),
  size: v.union([integer(1, 3), v.literal("any")]),
});

const query = object({
  limit: v.optional(queryInteger(-5, 9), "5"),
  on: date,
  at: v.optional(dateTime),
  archived: v.optional(queryBoolean),
  tags: v.optional(queryList(text(1, 5), 1, 3)),
});

describe("the schemas of berth/schema", () => {
  it("get valid values that berth accepts, and violations that it rejects", async () => {
    const tried = await fuzzRoutes((router) => {
      router.put(
        "/ships/:nr/:name",
        describeRoute({
          summary: "Replaces a ship.",
          params: object({ nr: id, name: text(1, 9) }),
          query,
          body: ship,
          responses: { 200: ship },
        }),
        (req, res) => void res.json(req.body),
      );
      router.patch(
        "/ships",
        describeRoute({ summary: "Changes.", body: someOf(ship), responses: { 204: null } }),
        (_req, res) => void res.status(204).end(),
      );
    });
    expect(foundIn(tried)).toEqual([]);
    const statusesOf = (name: string) => tried.find((of) => of.operation === name)?.statuses;
    const put = statusesOf("PUT /ships/{nr}/{name}");
    expect(put?.get(200)).toBeGreaterThanOrEqual(RUNS);
    expect([...(put?.keys() ?? [])].sort()).toEqual([200, 400, 404, 415, 422]);
    expect(statusesOf("PATCH /ships")?.get(204)).toBeGreaterThanOrEqual(RUNS);
  });

  it("get values for an intersection of objects", async () => {
    const named = v.object({ name: text(1, 5), crew: v.optional(integer(0, 9)) });
    const priced = v.object({ price: integer(1, 3) });
    const dated = v.object({ launched: date, crew: integer(5, 20) });
    const body = v.intersect([v.intersect([named, priced]), dated]);
    const [tried] = await fuzzRoutes((router) =>
      router.post(
        "/",
        describeRoute({ summary: "It.", body, responses: { 204: null } }),
        (_req, res) => void res.status(204).end(),
      ),
    );
    expect(tried).toMatchObject({ valid: RUNS, findings: [], notes: [] });
    expect(tried!.statuses.get(204)).toBeGreaterThanOrEqual(RUNS);
    expect(tried!.statuses.get(422)).toBeGreaterThan(0);
  });

  it("get violations of each part of an intersection", () => {
    const kindOf = (name: string, field: JsonSchema) => ({
      type: "object",
      properties: { [name]: field },
      required: [name],
    });
    const allOf = [
      kindOf("name", { type: "string" }),
      kindOf("crew", { type: "integer", minimum: 1 }),
      kindOf("crew", { type: "integer", maximum: 9 }),
    ];
    expect(
      violationsOf({ allOf }, createSchemaValidator({ paths: {} })).map(({ rule }) => rule),
    ).toEqual([
      "is of another type",
      "/name is missing",
      "/crew is missing",
      "/name is of another type",
      "/crew is of another type",
      "/crew is too small",
      "/crew is too large",
      "/crew is between two steps",
    ]);
  });

  it("are reported if no value can be generated", async () => {
    const code = v.pipe(v.string(), v.regex(/^(?=.*[A-Z])(?=.*\d).{40}$/));
    const routeFor = (schema: v.GenericSchema<string>) =>
      fuzzRoutes(
        (router) =>
          void router.post(
            "/",
            describeRoute({
              summary: "It.",
              body: object({ code: schema }),
              responses: { 204: null },
            }),
            (_req, res) => void res.status(204).end(),
          ),
      );
    const [without] = await routeFor(code);
    expect(without?.notes).toEqual([
      expect.stringMatching(
        /^not tried: no value found for the field code; add an example to the schema/,
      ),
    ]);
    const [helped] = await routeFor(v.pipe(code, v.examples([`A1${"x".repeat(38)}`])));
    expect(helped).toMatchObject({ valid: RUNS, findings: [], notes: [] });
  });
});

describe("createKnownIds", () => {
  it.each([
    "/fleets/1/ships/7",
    "http://ships.test/fleets/1/ships/7?a",
    "./ships/7",
    "ships/7",
    "../1/ships/7",
  ])("learns the id from the Location %s", (location) => {
    const known = createKnownIds(["/fleets/{fleet}/ships", "/fleets/{fleet}/ships/{ship}"]);
    const response = { status: 201, headers: { location }, body: "" };
    known.learn("/fleets/{fleet}/ships", { fleet: "1" }, response);
    expect(known.pick("/fleets/{fleet}/ships/{ship}", 0)).toEqual({ fleet: "1", ship: "7" });
  });
});

describe("createNextPages", () => {
  const learned = (link: string) => {
    const pages = createNextPages();
    pages.learn("/fleets/{fleet}", { fleet: "1" }, { status: 200, headers: { link }, body: "" });
    return pages.pick("/fleets/{fleet}", 7);
  };

  it.each([
    '<?a=1&cursor=b>; rel="next"',
    "</fleets/1?a=1&cursor=b>; rel=next",
    '</fleets/1>; rel="first", <http://localhost/fleets/1?a=1&cursor=b>; title="a, b"; rel="next"',
  ])("learns the next page from the Link %s", (link) => {
    expect(learned(link)).toEqual({ params: { fleet: "1" }, query: "a=1&cursor=b" });
  });

  it.each(["", '<?cursor=b>; rel="prev"', '</fleets/2?cursor=b>; rel="next"'])(
    "learns nothing from the Link %j",
    (link) => expect(learned(link)).toBeUndefined(),
  );
});

describe("withKnownIds", () => {
  const known = createKnownIds(["/notes/{id}", "/work-orders/{nr}", "/ferries/{id}"]);
  for (const [path, headers] of [
    ["/notes", { location: "/notes/7" }],
    ["/work-orders", { location: "/work-orders/8" }],
    ["/ferries", { location: "/ferries/9" }],
  ] as const) {
    known.learn(path, {}, { status: 201, headers, body: "" });
  }
  const validator = createSchemaValidator({ paths: {} });
  const changed = (body: object, schema: JsonSchema = {}) =>
    withKnownIds(body, schema, { known, validator, index: 3 });

  it("puts ids into the fields that name their resources", () => {
    const parts = [{ ferry_id: "1", paid: "1", id: "1" }];
    expect(changed({ noteId: "1", workOrderIds: ["1", "2"], shipId: "1", parts })).toEqual({
      noteId: "7",
      workOrderIds: ["8"],
      shipId: "1",
      parts: [{ ferry_id: "9", paid: "1", id: "1" }],
    });
  });

  it("keeps the body valid", () => {
    const field = (of: JsonSchema): JsonSchema => ({ type: "object", properties: { noteId: of } });
    expect(changed({ noteId: 1 }, field({ type: "integer" }))).toEqual({ noteId: 7 });
    expect(changed({ noteId: true }, field({ type: "boolean" }))).toEqual({ noteId: true });
  });
});

describe("a list with cursors of several values", () => {
  const tools = Array.from({ length: 300 }, (_, at) => ({ id: String(at + 1), due: "2026-01-01" }));
  const query = pageQuery(20, 100, pageCursor(date, id));
  const list =
    (onCursor: () => void) =>
    (router: Router): void => {
      router.get(
        "/tools",
        describeRoute({
          summary: "Lists.",
          query,
          responses: { 200: arrayOf(object({ id, due: date }), 0, 100) },
        }),
        async (req, res) => {
          const after = Number(req.query.cursor?.[1] ?? 0);
          if (req.query.cursor) onCursor();
          await sendPage(
            res,
            req.query,
            ({ limit }) => Promise.resolve(tools.slice(after, after + limit)),
            (tool) => [tool.due, tool.id],
          );
        },
      );
      const reads = describeRoute({
        summary: "Reads.",
        params: object({ id }),
        responses: { 204: null },
      });
      router.get("/tools/:id", reads, (_req, res) => void res.status(204).end());
    };

  it("is read from page to page, and may refuse a cursor that is made up", async () => {
    let followed = 0;
    const tried = await fuzzRoutes(list(() => followed++));
    expect(foundIn(tried)).toEqual([]);
    expect(followed).toBeGreaterThan(RUNS / 10);
    const lists = tried.find(({ operation }) => operation === "GET /tools");
    expect(lists?.statuses.get(400)).toBeGreaterThan(0);
  });

  it("shows a problem that only the next page has", async () => {
    const failing = list(() => {
      throw new Error("overboard");
    });
    expect(foundIn(await fuzzRoutes(failing))).toMatchObject([
      { operation: "GET /tools", mismatch: "an error of the service, whatever was sent" },
    ]);
  });

  it.each([
    ["GET /tools", ["GET /tools"]],
    ["/tools", ["GET /tools"]],
    ["/tools/", ["GET /tools/{id}"]],
    [" /tools", ["GET /tools", "GET /tools/{id}"]],
  ])("is tried alone when %j is chosen", async (only, names) => {
    const tried = await fuzzRoutes(
      list(() => {}),
      { only, runs: 1 },
    );
    expect(tried.map(({ operation }) => operation)).toEqual(names);
  });
});

it("finds resources that a body names", async () => {
  const made = new Set<string>();
  let lent = 0;
  const tried = await fuzzRoutes((router) => {
    const posts = describeRoute({ summary: "Makes.", responses: { 201: object({ id }) } });
    router.post("/tools", posts, (_req, res) => {
      const toolId = String(1_000_000_000 + made.size);
      made.add(toolId);
      res.status(201).json({ id: toolId });
    });
    // Only for the path to be known.
    const reads = describeRoute({
      summary: "Reads.",
      params: object({ id }),
      responses: { 204: null },
    });
    router.get("/tools/:id", reads, (_req, res) => void res.status(204).end());
    const lends = describeRoute({
      summary: "Lends.",
      body: object({ toolId: id }),
      responses: { 204: null },
      problems: { 404: "There is no such tool." },
    });
    router.post("/tools/loans", lends, (req, res) => {
      if (!made.has(req.body.toolId)) throw new Problem(404, "There is no such tool.");
      lent++;
      res.status(204).end();
    });
  });
  expect(foundIn(tried)).toEqual([]);
  expect(lent).toBeGreaterThan(0);
});
