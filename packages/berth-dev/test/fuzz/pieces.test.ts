import * as v from "valibot";
import { describeRoute } from "berth/api";
import * as fields from "berth/schema";
import { queryBoolean, queryInteger, queryList } from "berth/schema";
import { createSchemaValidator, type JsonSchema } from "../../src/fuzz/document";
import { createKnownIds } from "../../src/fuzz/known-ids";
import { violationsOf } from "../../src/fuzz/violations";
import { foundIn, fuzzRoutes, RUNS } from "./throwaway";

const { arrayOf, date, dateTime, id, integer, money, object, oneOf, someOf, text } = fields;

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
