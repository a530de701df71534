import request from "supertest";
import { problem } from "berth/testing";
import { createTestApp } from "./support/app";

describe("the app", () => {
  const { app, log } = createTestApp();

  it("describes this service at its root", async () => {
    const res = await request(app).get("/");
    expect([res.status, res.type, res.body]).toEqual([
      200,
      "application/json",
      { name: "test", version: "1.2.3" },
    ]);
  });

  it("says that it runs, and that it is not ready without its database", async () => {
    expect((await request(app).get("/livez")).status).toBe(200);
    const res = await request(app).get("/readyz");
    expect([res.status, JSON.parse(res.text)]).toEqual([
      503,
      problem(503, "Service Unavailable", {
        detail: "A check failed.",
        checks: expect.objectContaining({ database: "failed" }) as object,
      }),
    ]);
  });

  it("responds to unknown paths with a problem, and logs it", async () => {
    const res = await request(app).get("/nothing").set("X-Request-Id", "find-me");
    expect([res.status, res.type, JSON.parse(res.text)]).toEqual([
      404,
      "application/problem+json",
      problem(404, "Not Found", { detail: "There is nothing at this path." }),
    ]);
    expect(log.at(-1)).toMatchObject({ requestId: "find-me", path: "/nothing", status: 404 });
  });
});
