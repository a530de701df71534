import request from "supertest";
import { describeRoute } from "../../src/api/describe-route";
import { object, text } from "../../src/schema/fields";
import { createTestApp } from "../../src/testing/app";

const deprecated = (deprecation: { since: string; sunset?: string }) =>
  describeRoute({
    summary: "Old.",
    query: object({ q: text(1, 5) }),
    deprecation,
    responses: { 204: null },
  });

it("a deprecated route says since when, and until when, in all its responses", async () => {
  const { app } = createTestApp((router) => {
    router.get("/old", deprecated({ since: "2026-11-01", sunset: "2027-05-01" }), (_req, res) => {
      res.status(204).end();
    });
    router.get(
      "/older",
      deprecated({ since: "2026-11-01" }),
      (_req, res) => void res.status(204).end(),
    );
  });
  for (const path of ["/old?q=x", "/old"]) {
    const { status, headers } = await request(app).get(path);
    expect([status, headers.deprecation, headers.sunset]).toEqual([
      path === "/old" ? 400 : 204,
      "@1793491200",
      "Sat, 01 May 2027 00:00:00 GMT",
    ]);
  }
  const { headers } = await request(app).get("/older?q=x");
  expect([headers.deprecation, headers.sunset]).toEqual(["@1793491200", undefined]);
});

it.each([
  [{ since: "November" }, '"November" is not a day: expected one such as 2026-11-01'],
  [{ since: "2026-11-01", sunset: "2026-13-01" }, '"2026-13-01" is not a day'],
  [{ since: "2026-11-01", sunset: "2026-10-01" }, "must not be before since"],
])("the deprecation %j is refused at once", (deprecation, message) => {
  expect(() => deprecated(deprecation)).toThrow(message);
});
